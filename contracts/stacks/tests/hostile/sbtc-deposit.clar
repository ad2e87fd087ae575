;; Stands where the sBTC deposit contract stands, so that tests can mint real
;; sBTC the way the peg does. 0x01 is the role of the deposit contract.
(define-public (mint-for-test (amount uint) (to principal))
  (contract-call? .sbtc-token protocol-mint amount to 0x01)
)

(define-public (mint-to-all (amount uint) (people (list 8 principal)))
  (get done (fold mint-one people {amount: amount, done: (ok true)}))
)

(define-private (mint-one (to principal) (acc {amount: uint, done: (response bool uint)}))
  (if (is-ok (get done acc))
    (merge acc {done: (mint-for-test (get amount acc) to)})
    acc
  )
)
