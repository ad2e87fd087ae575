;; A contract that calls the suite in the name of whoever was lured into it:
;; tx-sender is the victim, contract-caller is this contract.
;; The tests replace the body with the privileged call under attack.
(define-public (lure)
  (ok true) ;; ATTACK
)
