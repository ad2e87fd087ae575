;; sluice-tokens: the tokens the suite accepts.
;;
;; A row names the asset inside the token's contract (asset allowances need it),
;; says whether it stands for native STX, and bounds one payment. The hash of
;; the token's code is checked once, at listing: code on chain never changes.
;; Rows are never deleted, so money in a disabled token can always leave.

(define-constant ERR-NOT-AUTHORIZED (err u1100)) ;; the caller lacks the role
(define-constant ERR-NOT-FOUND (err u1101)) ;; the token is not listed
(define-constant ERR-AMOUNT (err u1103)) ;; limits or decimals out of range
(define-constant ERR-TOKEN (err u1104)) ;; not a contract, other code, or wrongly marked as STX
(define-constant ERR-STATE (err u1105)) ;; already enabled, or already disabled
(define-constant ERR-EXISTS (err u1107)) ;; the token is listed already

(define-constant GUARDIAN u1)
(define-constant LISTER u2)
;; 2^96 - 1: an amount times any number of seconds below 2^32 fits a uint.
(define-constant MAX-AMOUNT u79228162514264337593543950335)
(define-constant MAX-DECIMALS u18)

(define-data-var seq uint u0)

(define-map tokens principal {
  asset: (string-ascii 128),
  stx: bool,
  enabled: bool,
  decimals: uint,
  min: uint,
  max: uint,
  hash: (buff 32)
})

;; --- read-only ---

(define-read-only (lookup (token principal))
  (map-get? tokens token)
)

;; Operation ids of the delayed calls.
(define-read-only (op-list-token
    (token principal)
    (asset (string-ascii 128))
    (stx bool)
    (decimals uint)
    (min uint)
    (max uint)
    (expected-hash (buff 32))
  )
  (sha256 (unwrap-panic (to-consensus-buff? {
    fn: "list-token", module: current-contract, token: token, asset: asset,
    stx: stx, decimals: decimals, min: min, max: max, hash: expected-hash
  })))
)

(define-read-only (op-set-limits (token principal) (min uint) (max uint))
  (sha256 (unwrap-panic (to-consensus-buff? {
    fn: "set-limits", module: current-contract, token: token, min: min, max: max
  })))
)

(define-read-only (op-enable (token principal))
  (sha256 (unwrap-panic (to-consensus-buff? {
    fn: "enable", module: current-contract, token: token
  })))
)

;; --- public ---

;; Accept a token.
;; Who: a LISTER, with a due operation op-list-token.
;; Holds: not listed yet; its code hashes to expected-hash; stx exactly for sluice-stx;
;; 1 <= min <= max <= MAX-AMOUNT; decimals <= MAX-DECIMALS.
;; Prints: token.listed {asset, stx, decimals, min, max, hash}.
(define-public (list-token
    (token principal)
    (asset (string-ascii 128))
    (stx bool)
    (decimals uint)
    (min uint)
    (max uint)
    (expected-hash (buff 32))
  )
  (begin
    (try! (assert-role LISTER))
    (asserts! (is-eq (contract-hash? token) (ok expected-hash)) ERR-TOKEN)
    (asserts! (is-eq stx (is-eq token .sluice-stx)) ERR-TOKEN)
    (asserts! (<= decimals MAX-DECIMALS) ERR-AMOUNT)
    (try! (assert-limits min max))
    (try! (contract-call? .sluice-access consume
      (op-list-token token asset stx decimals min max expected-hash)
    ))
    (asserts!
      (map-insert tokens token {
        asset: asset, stx: stx, enabled: true, decimals: decimals,
        min: min, max: max, hash: expected-hash
      })
      ERR-EXISTS
    )
    (print {
      sluice: u1, seq: (next-seq), ev: "token.listed", id: u0,
      actor: contract-caller, token: token, amount: u0,
      data: {asset: asset, stx: stx, decimals: decimals, min: min, max: max, hash: expected-hash}
    })
    (ok true)
  )
)

;; Change the bounds of one payment.
;; Who: a LISTER, with a due operation op-set-limits.
;; Holds: listed; 1 <= min <= max <= MAX-AMOUNT. Prints: token.limits-set {min, max}.
(define-public (set-limits (token principal) (min uint) (max uint))
  (let ((row (unwrap! (map-get? tokens token) ERR-NOT-FOUND)))
    (try! (assert-role LISTER))
    (try! (assert-limits min max))
    (try! (contract-call? .sluice-access consume (op-set-limits token min max)))
    (map-set tokens token (merge row {min: min, max: max}))
    (print {
      sluice: u1, seq: (next-seq), ev: "token.limits-set", id: u0,
      actor: contract-caller, token: token, amount: u0,
      data: {min: min, max: max}
    })
    (ok true)
  )
)

;; Refuse new money in a token, at once. Exits go on.
;; Who: a GUARDIAN. Holds: listed and enabled. Prints: token.disabled {asset, hash}.
(define-public (disable (token principal))
  (let ((row (unwrap! (map-get? tokens token) ERR-NOT-FOUND)))
    (try! (assert-role GUARDIAN))
    (asserts! (get enabled row) ERR-STATE)
    (map-set tokens token (merge row {enabled: false}))
    (print {
      sluice: u1, seq: (next-seq), ev: "token.disabled", id: u0,
      actor: contract-caller, token: token, amount: u0,
      data: {asset: (get asset row), hash: (get hash row)}
    })
    (ok true)
  )
)

;; Accept new money in a disabled token again.
;; Who: a LISTER, with a due operation op-enable. Holds: listed and disabled.
;; Prints: token.enabled {asset, hash}.
(define-public (enable (token principal))
  (let ((row (unwrap! (map-get? tokens token) ERR-NOT-FOUND)))
    (try! (assert-role LISTER))
    (asserts! (not (get enabled row)) ERR-STATE)
    (try! (contract-call? .sluice-access consume (op-enable token)))
    (map-set tokens token (merge row {enabled: true}))
    (print {
      sluice: u1, seq: (next-seq), ev: "token.enabled", id: u0,
      actor: contract-caller, token: token, amount: u0,
      data: {asset: (get asset row), hash: (get hash row)}
    })
    (ok true)
  )
)

;; --- private ---

(define-private (assert-role (role uint))
  (ok (asserts! (contract-call? .sluice-access has-role role contract-caller) ERR-NOT-AUTHORIZED))
)

(define-private (assert-limits (min uint) (max uint))
  (ok (asserts! (and (>= min u1) (<= min max) (<= max MAX-AMOUNT)) ERR-AMOUNT))
)

(define-private (next-seq)
  (let ((n (+ (var-get seq) u1)))
    (var-set seq n)
    n
  )
)
