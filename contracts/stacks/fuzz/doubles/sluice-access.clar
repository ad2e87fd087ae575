;; Stands for sluice-access while fuzzing: every module takes money, the deployer
;; and the first wallets hold every role, and every announced operation is due.
;; The real contract has its own tests; here it would only keep the fuzzer out.

(define-constant DEPLOYER tx-sender)

(define-read-only (get-owner)
  DEPLOYER
)

(define-read-only (accepts-money (module principal))
  true
)

(define-read-only (is-live (module principal))
  true
)

(define-read-only (is-paused (module principal))
  false
)

(define-read-only (has-role (role uint) (who principal))
  (or (is-eq who DEPLOYER) (is-eq who 'ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5))
)

(define-public (consume (op (buff 32)))
  (accepted)
)

;; What the treasury calls as owner; all accepted.

(define-public (accept-owner)
  (accepted)
)

(define-public (cancel-owner)
  (accepted)
)

(define-public (propose-owner (to principal))
  (accepted)
)

(define-public (schedule (op (buff 32)))
  (begin
    (try! (accepted))
    (ok burn-block-height)
  )
)

(define-public (set-delay (blocks uint))
  (accepted)
)

(define-public (grant-role (role uint) (who principal))
  (accepted)
)

(define-public (revoke-role (role uint) (who principal))
  (accepted)
)

(define-public (set-module (module principal) (live bool) (sunset bool))
  (accepted)
)

(define-private (accepted)
  (begin
    (asserts! true (err u1000))
    (ok true)
  )
)
