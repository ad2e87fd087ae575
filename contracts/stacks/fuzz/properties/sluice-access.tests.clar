;; Fuzzing of sluice-access. The fuzzer appends this text to the contract; see
;; sluice-streams.tests.clar for how drivers, `broken` and invariants play together.
;; The contract's own functions are private in this build: they run only through the
;; drivers below, so every change of owner is seen.

(define-constant OPS (list u0 u1 u2 u3 u4 u5))
(define-constant MODULE .stand-in)
(define-constant ERR-NOTHING (err u2))

(define-data-var broken (string-ascii 40) "")
(define-data-var rightful principal tx-sender) ;; who accepted last
(define-data-var named (optional principal) none) ;; whom the owner named last
(define-data-var free-from uint u0) ;; when a pause may begin again
(define-map etas uint uint) ;; when an operation became due

;; A guardian and a module that would otherwise take days of waiting to come by.
(map-set roles {role: GUARDIAN, who: tx-sender} true)
(map-set modules MODULE {live: true, sunset: false, paused-until: u0})

;; --- drivers ---

(define-public (drive-propose (to principal))
  (let ((caller contract-caller))
    (try! (propose-owner to))
    (expect "only the owner names one" (is-eq caller (var-get rightful)))
    (ok (var-set named (some to)))
  )
)

(define-public (drive-cancel-owner)
  (let ((caller contract-caller))
    (try! (cancel-owner))
    (expect "only the owner takes it back" (is-eq caller (var-get rightful)))
    (ok (var-set named none))
  )
)

;; I14: whoever accepts was named by the owner.
(define-public (drive-accept)
  (let ((caller contract-caller))
    (try! (accept-owner))
    (expect "only the named one accepts" (is-eq (some caller) (var-get named)))
    (var-set named none)
    (ok (var-set rightful caller))
  )
)

(define-public (drive-schedule (n uint))
  (let ((one (mod n u6)) (eta (try! (schedule (op-of one)))))
    (expect "announced by the owner" (is-eq contract-caller (var-get rightful)))
    (expect "the delay is kept" (>= eta (+ burn-block-height MIN-DELAY)))
    (ok (map-set etas one eta))
  )
)

(define-public (drive-veto (n uint))
  (let ((one (mod n u6)))
    (try! (veto (op-of one)))
    (ok (map-delete etas one))
  )
)

;; I17: used when due, and once.
(define-public (drive-use (n uint))
  (let ((one (mod n u6)))
    (try! (use-op (op-of one)))
    (expect "used when due"
      (match (map-get? etas one) eta (>= burn-block-height eta) false)
    )
    (ok (map-delete etas one))
  )
)

;; I18: bounded, and not at once after another.
(define-public (drive-pause (blocks uint))
  (let ((until (try! (pause MODULE (mod blocks u1200)))))
    (expect "the cool-down is kept" (>= burn-block-height (var-get free-from)))
    (ok (var-set free-from (+ until COOL-DOWN)))
  )
)

(define-public (drive-unpause)
  (begin
    (try! (unpause MODULE))
    (ok (var-set free-from (+ burn-block-height COOL-DOWN)))
  )
)

(define-public (drive-resign (role uint))
  (revoke-role (+ u1 (mod role u5)) contract-caller)
)

;; --- invariants ---

(define-read-only (invariant-nothing-broken)
  (is-eq (var-get broken) "")
)

;; I14: the owner is who accepted last.
(define-read-only (invariant-the-owner-accepted)
  (is-eq (var-get owner) (var-get rightful))
)

;; I18.
(define-read-only (invariant-a-pause-ends)
  (<= (get paused-until (status-of MODULE)) (+ burn-block-height MAX-PAUSE))
)

;; I17.
(define-read-only (invariant-waiting-operations-were-announced)
  (fold op-is-announced OPS true)
)

;; --- properties ---

(define-public (test-operation-ids-differ (role uint) (other uint) (who principal))
  (begin
    (asserts!
      (is-eq (is-eq role other) (is-eq (op-grant-role role who) (op-grant-role other who)))
      (err u901)
    )
    (ok true)
  )
)

;; --- private ---

(define-private (op-of (n uint))
  (op-set-delay (+ MIN-DELAY n))
)

(define-private (expect (what (string-ascii 40)) (holds bool))
  (begin
    (and (not holds) (var-set broken what))
    holds
  )
)

(define-private (op-is-announced (n uint) (sound bool))
  (and sound (is-eq (map-get? ops (op-of n)) (map-get? etas n)))
)
