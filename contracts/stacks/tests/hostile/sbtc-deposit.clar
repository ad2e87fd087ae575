;; Stands where the sBTC deposit contract stands, so that tests can mint real
;; sBTC the way the peg does. 0x01 is the role of the deposit contract.
(define-public (mint-for-test (amount uint) (to principal))
  (contract-call? .sbtc-token protocol-mint amount to 0x01)
)
