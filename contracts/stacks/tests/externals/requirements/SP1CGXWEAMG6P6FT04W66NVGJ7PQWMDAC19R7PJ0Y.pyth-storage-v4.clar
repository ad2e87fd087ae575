;; Stands where Pyth's storage stands on mainnet, with the same answer shape, so
;; that tests can set prices. Not Pyth's code.
(define-map prices (buff 32) {
  price: int, conf: uint, expo: int, ema-price: int, ema-conf: uint,
  publish-time: uint, prev-publish-time: uint
})

(define-public (set-price (feed (buff 32)) (price int) (conf uint) (expo int) (publish-time uint))
  (ok (map-set prices feed {
    price: price, conf: conf, expo: expo, ema-price: price, ema-conf: conf,
    publish-time: publish-time, prev-publish-time: publish-time
  }))
)

(define-read-only (get-price (feed (buff 32)))
  (ok (unwrap! (map-get? prices feed) (err u5004)))
)
