;; sluice-access: who may do what, which changes must wait, and which modules
;; take new money.
;;
;; One owner (the treasury once the suite is handed over), a few narrow roles,
;; and operations: changes that are announced first and may run only after a
;; delay of Bitcoin blocks. An operation is the sha256 of exactly what will be
;; called, so it cannot run with other arguments, in another module, or twice.
;; A pause ends by itself and stops only new money, never an exit.

(define-constant ERR-NOT-AUTHORIZED (err u1000)) ;; the caller may not do this
(define-constant ERR-NOT-FOUND (err u1001)) ;; no such operation, module, role or proposal
(define-constant ERR-AMOUNT (err u1003)) ;; a number of blocks is out of range
(define-constant ERR-STATE (err u1005)) ;; nothing to change: not paused
(define-constant ERR-TIME (err u1006)) ;; too early: before eta, or inside the cool-down
(define-constant ERR-EXISTS (err u1007)) ;; already scheduled, or already granted

(define-constant GUARDIAN u1) ;; pauses modules, disables tokens, vetoes operations
(define-constant LISTER u2) ;; lists tokens and oracle sources, after the delay
(define-constant ARBITER u3) ;; decides disputes that name this contract as arbiter
(define-constant SETTLER u4) ;; buys a position for somebody who paid off-market
(define-constant FEE-MANAGER u5) ;; sets fees within their caps, after the delay

(define-constant MIN-DELAY u144) ;; burn blocks, about one day
(define-constant MAX-DELAY u4320) ;; burn blocks, about thirty days
(define-constant MAX-PAUSE u1008) ;; burn blocks, about seven days
(define-constant COOL-DOWN u144) ;; burn blocks between two pauses of a module

(define-data-var owner principal tx-sender)
(define-data-var pending-owner (optional principal) none)
(define-data-var delay uint MIN-DELAY)
(define-data-var seq uint u0)

(define-map roles {role: uint, who: principal} bool)
(define-map modules principal {live: bool, sunset: bool, paused-until: uint})
(define-map ops (buff 32) uint) ;; operation -> burn height from which it may run

;; --- read-only ---

(define-read-only (get-owner)
  (var-get owner)
)

(define-read-only (get-pending-owner)
  (var-get pending-owner)
)

(define-read-only (get-delay)
  (var-get delay)
)

(define-read-only (get-module (module principal))
  (map-get? modules module)
)

(define-read-only (op-eta (op (buff 32)))
  (map-get? ops op)
)

(define-read-only (has-role (role uint) (who principal))
  (is-some (map-get? roles {role: role, who: who}))
)

(define-read-only (is-live (module principal))
  (get live (status-of module))
)

(define-read-only (is-paused (module principal))
  (< burn-block-height (get paused-until (status-of module)))
)

;; May this module take new money now? Exits never ask.
(define-read-only (accepts-money (module principal))
  (let ((status (status-of module)))
    (and
      (get live status)
      (not (get sunset status))
      (>= burn-block-height (get paused-until status))
    )
  )
)

;; Operation ids of this contract's own delayed calls.
(define-read-only (op-grant-role (role uint) (who principal))
  (sha256 (unwrap-panic (to-consensus-buff? {
    fn: "grant-role", module: current-contract, role: role, who: who
  })))
)

(define-read-only (op-set-module (module principal) (live bool) (sunset bool))
  (sha256 (unwrap-panic (to-consensus-buff? {
    fn: "set-module", module: current-contract, target: module, live: live, sunset: sunset
  })))
)

(define-read-only (op-set-delay (blocks uint))
  (sha256 (unwrap-panic (to-consensus-buff? {
    fn: "set-delay", module: current-contract, blocks: blocks
  })))
)

;; --- public: the owner ---

;; Name the next owner; he must accept.
;; Who: owner. Holds: nothing; a second proposal replaces the first.
;; Prints: access.owner-proposed {to}.
(define-public (propose-owner (to principal))
  (begin
    (try! (assert-owner))
    (var-set pending-owner (some to))
    (print {
      sluice: u1, seq: (next-seq), ev: "access.owner-proposed", id: u0,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {to: to}
    })
    (ok true)
  )
)

;; Take back the proposal of a next owner.
;; Who: owner. Holds: a proposal is open. Prints: access.owner-canceled {to}.
(define-public (cancel-owner)
  (let ((to (unwrap! (var-get pending-owner) ERR-NOT-FOUND)))
    (try! (assert-owner))
    (var-set pending-owner none)
    (print {
      sluice: u1, seq: (next-seq), ev: "access.owner-canceled", id: u0,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {to: to}
    })
    (ok true)
  )
)

;; Become the owner.
;; Who: the proposed owner. Holds: a proposal is open.
;; Prints: access.owner-changed {from, to}.
(define-public (accept-owner)
  (let ((to (unwrap! (var-get pending-owner) ERR-NOT-FOUND)) (from (var-get owner)))
    (asserts! (is-eq contract-caller to) ERR-NOT-AUTHORIZED)
    (var-set owner to)
    (var-set pending-owner none)
    (print {
      sluice: u1, seq: (next-seq), ev: "access.owner-changed", id: u0,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {from: from, to: to}
    })
    (ok true)
  )
)

;; --- public: delayed operations ---

;; Announce an operation; it may run `delay` burn blocks from now.
;; Who: owner. Holds: the same operation is not waiting already.
;; Prints: access.op-scheduled {op, eta}.
(define-public (schedule (op (buff 32)))
  (let ((eta (+ burn-block-height (var-get delay))))
    (try! (assert-owner))
    (asserts! (map-insert ops op eta) ERR-EXISTS)
    (print {
      sluice: u1, seq: (next-seq), ev: "access.op-scheduled", id: u0,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {op: op, eta: eta}
    })
    (ok eta)
  )
)

;; Strike an announced operation.
;; Who: owner or a GUARDIAN. Holds: it is waiting. Prints: access.op-vetoed {op}.
(define-public (veto (op (buff 32)))
  (begin
    (try! (assert-owner-or-guardian))
    (asserts! (map-delete ops op) ERR-NOT-FOUND)
    (print {
      sluice: u1, seq: (next-seq), ev: "access.op-vetoed", id: u0,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {op: op}
    })
    (ok true)
  )
)

;; Use up an operation, inside the call it stands for.
;; Who: a live module. Holds: scheduled and its eta reached.
;; Prints: access.op-consumed {op}.
(define-public (consume (op (buff 32)))
  (begin
    (asserts! (is-live contract-caller) ERR-NOT-AUTHORIZED)
    (try! (use-op op))
    (print {
      sluice: u1, seq: (next-seq), ev: "access.op-consumed", id: u0,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {op: op}
    })
    (ok true)
  )
)

;; Change how long operations scheduled from now on must wait.
;; Who: owner, with a due operation op-set-delay. Holds: MIN-DELAY <= blocks <= MAX-DELAY.
;; Prints: access.delay-set {blocks}.
(define-public (set-delay (blocks uint))
  (begin
    (try! (assert-owner))
    (asserts! (and (>= blocks MIN-DELAY) (<= blocks MAX-DELAY)) ERR-AMOUNT)
    (try! (use-op (op-set-delay blocks)))
    (var-set delay blocks)
    (print {
      sluice: u1, seq: (next-seq), ev: "access.delay-set", id: u0,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {blocks: blocks}
    })
    (ok true)
  )
)

;; --- public: roles ---

;; Give a role.
;; Who: owner, with a due operation op-grant-role. Holds: a known role, not held yet.
;; Prints: access.role-granted {role, who}; id is the role.
(define-public (grant-role (role uint) (who principal))
  (begin
    (try! (assert-owner))
    (asserts! (and (>= role GUARDIAN) (<= role FEE-MANAGER)) ERR-NOT-FOUND)
    (try! (use-op (op-grant-role role who)))
    (asserts! (map-insert roles {role: role, who: who} true) ERR-EXISTS)
    (print {
      sluice: u1, seq: (next-seq), ev: "access.role-granted", id: role,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {role: role, who: who}
    })
    (ok true)
  )
)

;; Take a role away, at once.
;; Who: owner, or the holder himself. Holds: the role is held.
;; Prints: access.role-revoked {role, who}; id is the role.
(define-public (revoke-role (role uint) (who principal))
  (begin
    (asserts!
      (or (is-eq contract-caller (var-get owner)) (is-eq contract-caller who))
      ERR-NOT-AUTHORIZED
    )
    (asserts! (map-delete roles {role: role, who: who}) ERR-NOT-FOUND)
    (print {
      sluice: u1, seq: (next-seq), ev: "access.role-revoked", id: role,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {role: role, who: who}
    })
    (ok true)
  )
)

;; --- public: modules ---

;; Register, retire or sunset a module. Closing works at once; opening (making
;; it live, ending a sunset) needs a due operation op-set-module.
;; Who: owner. Holds: see above. Prints: access.module-set {module, live, sunset}.
(define-public (set-module (module principal) (live bool) (sunset bool))
  (let (
      (old (status-of module))
      (opens (or
        (and live (not (get live old)))
        (and (not sunset) (get sunset old))
      ))
    )
    (try! (assert-owner))
    (and opens (try! (use-op (op-set-module module live sunset))))
    (map-set modules module (merge old {live: live, sunset: sunset}))
    (print {
      sluice: u1, seq: (next-seq), ev: "access.module-set", id: u0,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {module: module, live: live, sunset: sunset}
    })
    (ok true)
  )
)

;; Stop new money into a module for a while. Exits go on.
;; Who: owner or a GUARDIAN. Holds: the module is registered, 1 <= blocks <= MAX-PAUSE,
;; and COOL-DOWN blocks have passed since its last pause ended.
;; Prints: access.paused {module, until}.
(define-public (pause (module principal) (blocks uint))
  (let (
      (status (unwrap! (map-get? modules module) ERR-NOT-FOUND))
      (last-end (get paused-until status))
    )
    (try! (assert-owner-or-guardian))
    (asserts! (and (> blocks u0) (<= blocks MAX-PAUSE)) ERR-AMOUNT)
    (asserts!
      (or (is-eq last-end u0) (>= burn-block-height (+ last-end COOL-DOWN)))
      ERR-TIME
    )
    (let ((until (+ burn-block-height blocks)))
      (map-set modules module (merge status {paused-until: until}))
      (print {
        sluice: u1, seq: (next-seq), ev: "access.paused", id: u0,
        actor: contract-caller, token: current-contract, amount: u0,
        data: {module: module, until: until}
      })
      (ok until)
    )
  )
)

;; End a pause early; the cool-down starts now.
;; Who: owner or a GUARDIAN. Holds: the module is paused.
;; Prints: access.unpaused {module}.
(define-public (unpause (module principal))
  (begin
    (try! (assert-owner-or-guardian))
    (asserts! (is-paused module) ERR-STATE)
    (map-set modules module
      (merge (status-of module) {paused-until: burn-block-height})
    )
    (print {
      sluice: u1, seq: (next-seq), ev: "access.unpaused", id: u0,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {module: module}
    })
    (ok true)
  )
)

;; --- private ---

(define-private (status-of (module principal))
  (default-to {live: false, sunset: false, paused-until: u0} (map-get? modules module))
)

(define-private (assert-owner)
  (ok (asserts! (is-eq contract-caller (var-get owner)) ERR-NOT-AUTHORIZED))
)

(define-private (assert-owner-or-guardian)
  (ok (asserts!
    (or (is-eq contract-caller (var-get owner)) (has-role GUARDIAN contract-caller))
    ERR-NOT-AUTHORIZED
  ))
)

;; An operation that is due disappears as it is used.
(define-private (use-op (op (buff 32)))
  (let ((eta (unwrap! (map-get? ops op) ERR-NOT-FOUND)))
    (asserts! (>= burn-block-height eta) ERR-TIME)
    (ok (map-delete ops op))
  )
)

(define-private (next-seq)
  (let ((n (+ (var-get seq) u1)))
    (var-set seq n)
    n
  )
)
