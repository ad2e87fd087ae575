;; Opens the suite for a test in few transactions: for a while it owns sluice-access, announces and, a
;; day later, grants, registers and lists, and then gives the ownership back.

(define-constant LISTER u2)

;; The ids of operations are the same in every test, so who calls hands them in.
(define-public (announce (ops (list 24 (buff 32))))
  (begin
    (try! (contract-call? .sluice-access accept-owner))
    (fold announce-op ops (ok true))
  )
)

(define-public (open
    (roles (list 6 {role: uint, who: principal}))
    (rows (list 4 {token: principal, asset: (string-ascii 128), stx: bool, decimals: uint, min: uint,
      max: uint, hash: (buff 32)}))
    (modules (list 8 principal))
    (owner principal)
  )
  (begin
    (try! (contract-call? .sluice-access grant-role LISTER current-contract))
    (try! (fold grant-role roles (ok true)))
    (try! (fold register-module modules (ok true)))
    (try! (fold list-token rows (ok true)))
    (try! (contract-call? .sluice-access revoke-role LISTER current-contract))
    (contract-call? .sluice-access propose-owner owner)
  )
)

(define-private (announce-op (op (buff 32)) (before (response bool uint)))
  (begin
    (try! before)
    (try! (contract-call? .sluice-access schedule op))
    (ok true)
  )
)

(define-private (grant-role (row {role: uint, who: principal}) (before (response bool uint)))
  (begin
    (try! before)
    (contract-call? .sluice-access grant-role (get role row) (get who row))
  )
)

(define-private (register-module (module principal) (before (response bool uint)))
  (begin
    (try! before)
    (contract-call? .sluice-access set-module module true false)
  )
)

(define-private (list-token
    (row {token: principal, asset: (string-ascii 128), stx: bool, decimals: uint, min: uint, max: uint,
      hash: (buff 32)})
    (before (response bool uint))
  )
  (begin
    (try! before)
    (contract-call? .sluice-tokens list-token (get token row) (get asset row) (get stx row)
      (get decimals row) (get min row) (get max row) (get hash row))
  )
)
