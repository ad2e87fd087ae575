;; A plain SIP-010 token for the fuzzer; the drivers fill a purse before they pay with it.

(impl-trait .sluice-traits.sip010)

(define-fungible-token stand-in)

(define-constant PURSE u1000000000000)

(define-public (transfer
    (amount uint)
    (sender principal)
    (recipient principal)
    (memo (optional (buff 34)))
  )
  (begin
    (asserts! (is-eq tx-sender sender) (err u4))
    (ft-transfer? stand-in amount sender recipient)
  )
)

(define-public (fill (who principal))
  (ft-mint? stand-in PURSE who)
)

(define-read-only (get-name)
  (ok "Stand-in")
)

(define-read-only (get-symbol)
  (ok "STAND")
)

(define-read-only (get-decimals)
  (ok u6)
)

(define-read-only (get-balance (who principal))
  (ok (ft-get-balance stand-in who))
)

(define-read-only (get-total-supply)
  (ok (ft-get-supply stand-in))
)

(define-read-only (get-token-uri)
  (ok none)
)
