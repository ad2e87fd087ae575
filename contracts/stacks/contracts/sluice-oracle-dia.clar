;; sluice-oracle-dia: DIA's pushed prices in the suite's shape. Stateless.
;;
;; DIA keys an asset as "BTC/USD", scales by 1e8 and stamps in milliseconds. It
;; gives no confidence, so conf is u0. If DIA moves, deploy a new adapter and set
;; it in sluice-oracle; the principal below is the mainnet one.

(impl-trait .sluice-traits.price-source)

(define-constant ERR-NO-PRICE (err u3020)) ;; DIA has no positive price for this key

;; The price DIA has for a key.
;; Who: anyone; public only because the trait asks for it. Holds: the price is not zero.
;; Prints: nothing; nothing changes.
(define-public (get-usd (asset (string-ascii 16)))
  (let (
      (entry (unwrap!
        (contract-call? 'SP1G48FZ4Y7JY8G2Z0N51QTCYGBQ6F4J43J77BQC0.dia-oracle get-value asset)
        ERR-NO-PRICE
      ))
    )
    (asserts! (> (get value entry) u0) ERR-NO-PRICE)
    (ok {price: (get value entry), conf: u0, at: (/ (get timestamp entry) u1000)})
  )
)
