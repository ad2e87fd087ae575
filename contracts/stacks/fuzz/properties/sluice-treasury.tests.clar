;; Fuzzing of sluice-treasury. The fuzzer appends this text to the contract; see
;; sluice-streams.tests.clar for how drivers, `broken` and invariants play together.
;; The contract's own functions are private in this build: they run only through the
;; drivers below, so every unit that leaves is counted.

;; Everybody there is: the accounts of settings/Devnet.toml that the build keeps.
(define-constant PEOPLE (list
  'ST1M4NHX3D458DH06R958BTF3EABKFG0XBFH7X7PQ
  'ST1X7280Z8599SP0MMRJC85VJ5T3H8D5M9AXQ3K50
  'ST1A9S8B8Q9NT8TQQTTT9FYZ3KJVYENQYTA0EZQG2
))
(define-constant IDS (list
  u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16 u17 u18 u19 u20
  u21 u22 u23 u24 u25 u26 u27 u28 u29 u30 u31 u32 u33 u34 u35 u36 u37 u38 u39 u40
  u41 u42 u43 u44 u45 u46 u47 u48 u49 u50 u51 u52 u53 u54 u55 u56 u57 u58 u59 u60
))
(define-constant IDS-MAX u60)
(define-constant FRESH u1)
(define-constant APPROVED u2)
(define-constant ANY u3)
(define-constant ERR-FULL (err u1))
(define-constant BORN burn-block-height)

(define-data-var broken (string-ascii 40) "")
(define-data-var funded uint u0) ;; STX given to the treasury
(define-data-var paid uint u0) ;; STX that left it, by the drivers
(define-map seen uint uint) ;; proposal -> the state it ended in

;; Rules that would otherwise take many proposals to come by; proposals change them later.
(var-set shares (list {to: tx-sender, bps: u2500} {to: .sluice-escrow, bps: u7500}))
(var-set cold (some tx-sender))
(map-set limits {token: .sluice-stx, spend: true} {window: u400, most: u30000})

;; --- drivers: proposals ---

(define-public (drive-fund (amount uint))
  (let ((gift (+ u1 (mod amount u1000000))))
    (try! (stx-transfer? gift tx-sender current-contract))
    (ok (var-set funded (+ (var-get funded) gift)))
  )
)

(define-public (drive-propose-transfer (to principal) (amount uint))
  (begin
    (asserts! (has-room) ERR-FULL)
    (propose-transfer .sluice-stx to (+ u1 (mod amount u100000)))
  )
)

(define-public (drive-propose-sweep)
  (begin
    (asserts! (has-room) ERR-FULL)
    (propose-sweep .sluice-stx)
  )
)

;; Every other kind.
(define-public (drive-propose-admin (kind uint) (who principal) (other principal) (k uint))
  (let ((one (mod kind u11)))
    (asserts! (has-room) ERR-FULL)
    (if (is-eq one u0)
      (propose-remove who)
      (if (is-eq one u1)
        (propose-swap who other)
        (if (is-eq one u2)
          (propose-threshold (+ u1 (mod k u3)))
          (if (is-eq one u3)
            (propose-cold who)
            (if (or (is-eq one u4) (is-eq one u9))
              (propose-limit .sluice-stx true (+ u1 (mod k u500)) (+ u5000 (mod k u100000)))
              (if (is-eq one u5)
                (propose-limit .sluice-stx false (+ u1 (mod k u500)) (+ u50000 (mod k u200000)))
                (if (is-eq one u6)
                  (propose-shares (list {to: who, bps: u2500} {to: other, bps: u7500}))
                  (if (is-eq one u7) (propose-cold other) (propose-add who))
                )
              )
            )
          )
        )
      )
    )
  )
)

(define-public (drive-propose-remove (who principal))
  (begin
    (asserts! (has-room) ERR-FULL)
    (propose-remove who)
  )
)

(define-public (drive-propose-access (to principal) (op (buff 32)))
  (begin
    (asserts! (has-room) ERR-FULL)
    (propose-access "schedule" to u0 op)
  )
)

;; --- drivers: votes ---

(define-public (drive-approve (id uint))
  (approve (pick id FRESH))
)

(define-public (drive-revoke (id uint))
  (revoke-approval (pick id APPROVED))
)

(define-public (drive-veto (id uint) (sure uint))
  (begin
    (asserts! (is-eq (mod sure u4) u0) ERR-FULL)
    (veto (pick id ANY))
  )
)

(define-public (drive-expire (id uint))
  (expire (pick id ANY))
)

;; --- drivers: execution ---

(define-public (drive-execute-transfer (id uint))
  (let (
      (one (pick-kind id "transfer"))
      (p (unwrap! (map-get? proposals one) ERR-NOT-FOUND))
      (before (stx-get-balance current-contract))
      (was-due (is-due one p))
      (reserved (get-reserved .sluice-stx))
    )
    (try! (execute-transfer one .sluice-stx))
    (left-treasury before)
    (expect "a transfer was due" was-due)
    (expect "a transfer pays its amount"
      (is-eq (- before (stx-get-balance current-contract)) (get amount p))
    )
    (expect "a transfer frees its reserve"
      (is-eq (- reserved (get-reserved .sluice-stx)) (get amount p))
    )
    (ok (expect "a transfer runs once" (is-err (execute-transfer one .sluice-stx))))
  )
)

(define-public (drive-execute-sweep (id uint))
  (let (
      (one (pick-kind id "sweep"))
      (p (unwrap! (map-get? proposals one) ERR-NOT-FOUND))
      (before (stx-get-balance current-contract))
      (everybody (is-eq (count-signers) (count-votes one)))
    )
    (try! (execute-sweep one .sluice-stx))
    (left-treasury before)
    (expect "all signers agreed to a sweep" everybody)
    (ok (expect "a sweep goes to the cold address" (is-eq (some (get to p)) (var-get cold))))
  )
)

(define-public (drive-execute-admin (id uint))
  (let (
      (one (pick id ANY))
      (p (unwrap! (map-get? proposals one) ERR-NOT-FOUND))
      (was-due (is-due one p))
      (old (var-get epoch))
    )
    (if (is-eq (get kind p) "schedule")
      (try! (execute-access one))
      (begin
        (try! (execute-admin one))
        (expect "a change of rules ends the epoch" (is-eq (var-get epoch) (+ old u1)))
      )
    )
    (ok (expect "an act was due" was-due))
  )
)

(define-public (drive-spend (to principal) (amount uint))
  (let (
      (before (stx-get-balance current-contract))
      (limit (unwrap! (get-limit .sluice-stx true) ERR-LIMIT))
    )
    (try! (spend .sluice-stx to (+ u1 (mod amount u5000))))
    (left-treasury before)
    (expect "only signers spend" (is-signer contract-caller))
    (expect "spending leaves the reserve"
      (>= (stx-get-balance current-contract) (get-reserved .sluice-stx))
    )
    (ok (expect "spending keeps its limit" (<= (get-spent .sluice-stx true) (get most limit))))
  )
)

(define-public (drive-distribute)
  (let ((before (stx-get-balance current-contract)) (reserved (get-reserved .sluice-stx)))
    (try! (distribute .sluice-stx))
    (left-treasury before)
    (ok (expect "distributing leaves the reserve"
      (>= (stx-get-balance current-contract) (if (< before reserved) before reserved))
    ))
  )
)

;; Looks at every proposal: an ended one stays as it ended.
(define-public (drive-look)
  (begin
    (map look IDS)
    (ok true)
  )
)

;; --- invariants ---

(define-read-only (invariant-nothing-broken)
  (is-eq (var-get broken) "")
)

;; I68.
(define-read-only (invariant-every-unit-is-accounted-for)
  (is-eq (+ (stx-get-balance current-contract) (var-get paid)) (var-get funded))
)

;; I69.
(define-read-only (invariant-signers-can-always-act)
  (and
    (>= (var-get threshold) u1)
    (<= (var-get threshold) (var-get n-signers))
    (is-eq (var-get n-signers) (count-signers))
  )
)

;; I68.
(define-read-only (invariant-approvals-are-votes)
  (fold votes-match IDS true)
)

(define-read-only (invariant-reserve-is-the-approved-transfers)
  (is-eq (fold add-reserved IDS u0) (get-reserved .sluice-stx))
)

;; --- properties ---

(define-public (test-shares-never-exceed-the-pot (pot uint) (a uint) (b uint))
  (let (
      (x (+ u1 (mod a u9998)))
      (y (+ u1 (mod b (- u10000 x))))
      (parts (get parts (fold add-part
        (list
          {to: tx-sender, bps: x} {to: tx-sender, bps: y} {to: tx-sender, bps: (- u10000 x y)}
        )
        {pot: pot, parts: (list)}
      )))
      (total (fold add-amount parts u0))
    )
    (asserts! (<= total pot) (err u901))
    (asserts! (<= (- pot total) u2) (err u902))
    (ok true)
  )
)

;; --- private ---

(define-private (has-room)
  (and
    (< (var-get last-id) IDS-MAX)
    (< (var-get last-id) (+ u5 (/ (- burn-block-height BORN) u350)))
  )
)

(define-private (expect (what (string-ascii 40)) (holds bool))
  (begin
    (and (not holds) (var-set broken what))
    holds
  )
)

(define-private (left-treasury (before uint))
  (var-set paid (+ (var-get paid) (- before (stx-get-balance current-contract))))
)

;; The rules for any execution, written down a second time.
(define-private (is-due
    (id uint)
    (p {kind: (string-ascii 16), subject: principal, to: principal, amount: uint, number: uint,
      arg: (buff 32), epoch: uint, eta: uint, expires: uint, approvals: uint, state: uint})
  )
  (and
    (is-eq (get state p) OPEN)
    (is-eq (get epoch p) (var-get epoch))
    (> (get eta p) u0)
    (>= burn-block-height (get eta p))
    (< burn-block-height (get expires p))
    (>= (count-votes id) (var-get threshold))
  )
)

(define-private (count-votes (id uint))
  (get n (fold add-vote PEOPLE {id: id, n: u0}))
)

;; Votes of those who still sign.
(define-private (add-vote (who principal) (acc {id: uint, n: uint}))
  (if (and (has-approved (get id acc) who) (is-signer who))
    (merge acc {n: (+ (get n acc) u1)})
    acc
  )
)

(define-private (count-signers)
  (fold add-signing PEOPLE u0)
)

(define-private (add-signing (who principal) (n uint))
  (if (is-signer who) (+ n u1) n)
)

(define-private (add-amount (part {to: principal, amount: uint}) (sum uint))
  (+ sum (get amount part))
)

(define-private (votes-match (id uint) (sound bool))
  (match (map-get? proposals id)
    p (and
      sound
      (or
        (not (is-eq (get epoch p) (var-get epoch)))
        (is-eq (get approvals p) (count-votes id))
      )
    )
    sound
  )
)

(define-private (add-reserved (id uint) (sum uint))
  (match (map-get? proposals id)
    p (if (and
        (is-eq (get kind p) "transfer")
        (is-eq (get subject p) .sluice-stx)
        (is-eq (get state p) OPEN)
        (is-eq (get epoch p) (var-get epoch))
        (>= (get approvals p) (var-get threshold))
      )
      (+ sum (get amount p))
      sum
    )
    sum
  )
)

(define-private (look (id uint))
  (match (map-get? proposals id)
    p (if (is-eq (get state p) OPEN)
      (expect "an ended proposal stays ended" (is-none (map-get? seen id)))
      (begin
        (map-insert seen id (get state p))
        (expect "a proposal ends once" (is-eq (map-get? seen id) (some (get state p))))
      )
    )
    true
  )
)

;; An open proposal of this epoch that the caller has not or has approved, or any of any
;; epoch, at or after a random place.
(define-private (pick (id uint) (which uint))
  (let ((from (fold-id id)))
    (get found (fold pick-one IDS
      {found: from, from: from, which: which, hit: false, kind: ""}
    ))
  )
)

(define-private (pick-kind (id uint) (kind (string-ascii 16)))
  (let ((from (fold-id id)))
    (get found (fold pick-one IDS
      {found: from, from: from, which: ANY, hit: false, kind: kind}
    ))
  )
)

(define-private (fold-id (id uint))
  (+ u1 (mod id (if (is-eq (var-get last-id) u0) u1 (var-get last-id))))
)

(define-private (pick-one
    (id uint)
    (acc {found: uint, from: uint, which: uint, hit: bool, kind: (string-ascii 16)})
  )
  (match (map-get? proposals id)
    p (if (and
        (not (get hit acc))
        (is-eq (get state p) OPEN)
        (or (is-eq (get which acc) ANY) (is-eq (get epoch p) (var-get epoch)))
        (or (is-eq (get kind acc) "") (is-eq (get kind acc) (get kind p)))
        (or
          (is-eq (get which acc) ANY)
          (is-eq (is-eq (get which acc) APPROVED) (has-approved id contract-caller))
        )
      )
      (merge acc {found: id, hit: (>= id (get from acc))})
      acc
    )
    acc
  )
)
