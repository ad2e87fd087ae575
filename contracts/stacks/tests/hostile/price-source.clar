;; A price adapter for tests that answers whatever the test writes here.
(impl-trait .sluice-traits.price-source)

(define-public (get-usd (asset (string-ascii 16)))
  (begin
    (asserts! (not (is-eq asset "")) (err u0))
    (ok {price: u1, conf: u0, at: stacks-block-time})
  )
)
