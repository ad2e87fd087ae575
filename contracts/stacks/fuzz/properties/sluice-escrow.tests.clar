;; Fuzzing of sluice-escrow. The fuzzer appends this text to the contract; see
;; sluice-streams.tests.clar for how drivers, `broken` and invariants play together.

(define-constant IDS (list
  u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15
  u16 u17 u18 u19 u20 u21 u22 u23 u24 u25 u26 u27 u28 u29 u30
  u31 u32 u33 u34 u35 u36 u37 u38 u39 u40
))
(define-constant IDS-MAX u40)
(define-constant ERR-FULL (err u1))
(define-constant BORN burn-block-height)

(define-data-var broken (string-ascii 40) "")
(define-map seen uint {state: uint, paid: uint, returned: uint})

;; --- drivers ---

(define-public (drive-open
    (amount uint)
    (payee principal)
    (arbiter principal)
    (times {deliver: uint, review: uint, window: uint})
    (bps uint)
    (alt bool)
    (house bool)
  )
  (let (
      (gross (+ u1 (mod amount u1000000000)))
      (deliver-in (+ u6 (mod (get deliver times) u5000)))
      (review (+ u6 (mod (get review times) u2000)))
      (window (+ u144 (mod (get window times) u2000)))
      (judge (if house .sluice-access arbiter))
      (payee-bps (mod bps u10001))
    )
    (asserts! (has-room) ERR-FULL)
    (if alt
      (begin
        (try! (contract-call? .stand-in fill tx-sender))
        (open .stand-in payee judge gross deliver-in review window payee-bps)
      )
      (open .sluice-stx payee judge gross deliver-in review window payee-bps)
    )
  )
)

(define-public (drive-accept (id uint))
  (accept (pick id FUNDED true))
)

(define-public (drive-deliver (id uint) (evidence (buff 32)))
  (deliver (pick id ACTIVE true) evidence)
)

(define-public (drive-dispute (id uint) (evidence (buff 32)) (delivered bool) (as-payee bool))
  (dispute (pick id (if delivered DELIVERED ACTIVE) as-payee) evidence)
)

(define-public (drive-cancel (id uint))
  (let ((one (fold-id id)) (before (try! (snapshot one))))
    (try! (if (is-alt one) (cancel one .stand-in) (cancel one .sluice-stx)))
    (ok (settled one before u0))
  )
)

(define-public (drive-release (id uint))
  (let ((one (pick-any id DELIVERED)) (before (try! (snapshot one))))
    (try! (if (is-alt one) (release one .stand-in) (release one .sluice-stx)))
    (expect "early: only the payer releases"
      (match (map-get? escrows one)
        e (or (is-eq contract-caller (get payer e)) (>= burn-block-height (get release-at e)))
        false
      )
    )
    (ok (settled one before (get left before)))
  )
)

(define-public (drive-refund (id uint))
  (let ((one (fold-id id)) (before (try! (snapshot one))))
    (try! (if (is-alt one) (refund one .stand-in) (refund one .sluice-stx)))
    (ok (settled one before u0))
  )
)

(define-public (drive-reclaim (id uint))
  (let ((one (fold-id id)) (before (try! (snapshot one))))
    (try! (if (is-alt one) (reclaim one .stand-in) (reclaim one .sluice-stx)))
    (expect "reclaim waits for the deadline"
      (>= burn-block-height (get deliver-by (unwrap! (map-get? escrows one) ERR-NOT-FOUND)))
    )
    (ok (settled one before u0))
  )
)

(define-public (drive-resolve (id uint) (bps uint) (default bool))
  (let (
      (one (pick-any id DISPUTED))
      (before (try! (snapshot one)))
      (e (unwrap! (map-get? escrows one) ERR-NOT-FOUND))
      (payee-bps (if default (get default-payee-bps e) (mod bps u10001)))
    )
    (try! (if (is-alt one)
      (resolve one .stand-in payee-bps)
      (resolve one .sluice-stx payee-bps)
    ))
    (expect "late: only the default split"
      (or (< burn-block-height (get arb-until e)) (is-eq payee-bps (get default-payee-bps e)))
    )
    (ok (settled one before (/ (* (get left before) payee-bps) u10000)))
  )
)

(define-public (drive-propose-split (id uint) (bps uint))
  (propose-split (fold-id id) (mod bps u10001))
)

(define-public (drive-accept-split (id uint))
  (let (
      (one (fold-id id))
      (before (try! (snapshot one)))
      (e (unwrap! (map-get? escrows one) ERR-NOT-FOUND))
      (payee-bps (get payee-bps (unwrap! (get proposal e) ERR-SPLIT-MISMATCH)))
    )
    (try! (if (is-alt one)
      (accept-split one .stand-in payee-bps)
      (accept-split one .sluice-stx payee-bps)
    ))
    (ok (settled one before (/ (* (get left before) payee-bps) u10000)))
  )
)

(define-public (drive-release-part (id uint) (amount uint))
  (let ((one (fold-id id)) (part (mod amount (+ u1 (get-left one)))))
    (if (is-alt one)
      (release-part one .stand-in part)
      (release-part one .sluice-stx part)
    )
  )
)

(define-public (drive-refund-part (id uint) (amount uint))
  (let ((one (fold-id id)) (part (mod amount (+ u1 (get-left one)))))
    (if (is-alt one)
      (refund-part one .stand-in part)
      (refund-part one .sluice-stx part)
    )
  )
)

(define-public (drive-set-fee (bps uint))
  (set-fee (mod bps u700))
)

(define-public (drive-donate (amount uint) (alt bool))
  (let ((gift (+ u1 (mod amount u1000))))
    (if alt
      (begin
        (try! (contract-call? .stand-in fill tx-sender))
        (contract-call? .stand-in transfer gift tx-sender current-contract none)
      )
      (stx-transfer? gift tx-sender current-contract)
    )
  )
)

(define-public (drive-skim (alt bool))
  (if alt (skim .stand-in) (skim .sluice-stx))
)

;; I30: states only move along the graph, money only outwards.
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

;; I1, I11, I13: also after gifts and skims.
(define-read-only (invariant-solvent)
  (and
    (>= (held-by current-contract .sluice-stx) (get-liability .sluice-stx))
    (>= (held-by current-contract .stand-in) (get-liability .stand-in))
  )
)

;; I2, I13.
(define-read-only (invariant-liability-is-what-is-left)
  (let ((owed (fold add-owed IDS {stx: u0, alt: u0})))
    (and
      (is-eq (get stx owed) (get-liability .sluice-stx))
      (is-eq (get alt owed) (get-liability .stand-in))
    )
  )
)

(define-read-only (invariant-rows-are-sound)
  (fold row-is-sound IDS true)
)

;; I19.
(define-read-only (invariant-fee-below-cap)
  (<= (var-get fee-bps) FEE-CAP)
)

;; --- properties of the arithmetic ---

(define-public (test-fees-of-parts-are-the-fee-of-the-whole
    (a uint)
    (b uint)
    (c uint)
    (bps uint)
  )
  (let ((rate (mod bps (+ FEE-CAP u1))))
    (asserts!
      (is-eq
        (+ (fee-on u0 a rate) (fee-on a b rate) (fee-on (+ a b) c rate))
        (share (+ a b c) rate)
      )
      (err u901)
    )
    (asserts! (<= (fee-on a b rate) b) (err u902))
    (ok true)
  )
)

(define-public (test-a-split-is-exact (amount uint) (bps uint))
  (let ((part (share amount (mod bps u10001))))
    (asserts! (<= part amount) (err u911))
    (asserts! (is-eq (share amount u10000) amount) (err u912))
    (asserts! (is-eq (share amount u0) u0) (err u913))
    (ok true)
  )
)

;; --- private ---

(define-private (fold-id (id uint))
  (+ u1 (mod id (if (is-eq (var-get last-id) u0) u1 (var-get last-id))))
)

;; An escrow in this state in which the caller is the party, if there is one: at or
;; after a random place, else the last before it.
(define-private (pick (id uint) (state uint) (as-payee bool))
  (get found (fold pick-one IDS
    {found: (fold-id id), from: (fold-id id), state: state, as-payee: as-payee, anyone: false, hit: false}
  ))
)

(define-private (pick-any (id uint) (state uint))
  (get found (fold pick-one IDS
    {found: (fold-id id), from: (fold-id id), state: state, as-payee: false, anyone: true, hit: false}
  ))
)

(define-private (pick-one
    (id uint)
    (acc {found: uint, from: uint, state: uint, as-payee: bool, anyone: bool, hit: bool})
  )
  (match (map-get? escrows id)
    e (if (and
        (not (get hit acc))
        (is-eq (get state e) (get state acc))
        (or
          (get anyone acc)
          (is-eq contract-caller (if (get as-payee acc) (get payee e) (get payer e)))
        )
      )
      (merge acc {found: id, hit: (>= id (get from acc))})
      acc
    )
    acc
  )
)

;; Escrows are opened all along, not all at the beginning.
(define-private (has-room)
  (and
    (< (var-get last-id) IDS-MAX)
    (< (var-get last-id) (+ u5 (/ (- burn-block-height BORN) u500)))
  )
)

(define-private (expect (what (string-ascii 40)) (holds bool))
  (begin
    (and (not holds) (var-set broken what))
    holds
  )
)

(define-private (is-alt (id uint))
  (match (map-get? escrows id)
    e (is-eq (get token e) .stand-in)
    false
  )
)

(define-private (held-by (who principal) (token principal))
  (if (is-eq token .sluice-stx)
    (stx-get-balance who)
    (unwrap-panic (contract-call? .stand-in get-balance who))
  )
)

(define-private (snapshot (id uint))
  (let ((e (unwrap! (map-get? escrows id) ERR-NOT-FOUND)))
    (ok {
      left: (get-left id),
      payee: (held-by (get payee e) (get token e)),
      payer: (held-by (get payer e) (get token e)),
      treasury: (held-by .sluice-treasury (get token e))
    })
  )
)

;; After an exit that gives the payee `gross` before fees: who got what, to the unit.
(define-private (settled
    (id uint)
    (before {left: uint, payee: uint, payer: uint, treasury: uint})
    (gross uint)
  )
  (match (map-get? escrows id)
    e (let (
        (token (get token e))
        (to-payee (- (held-by (get payee e) token) (get payee before)))
        (to-payer (- (held-by (get payer e) token) (get payer before)))
        (fee (- (held-by .sluice-treasury token) (get treasury before)))
      )
      (expect "payee and fee get the gross" (is-eq (+ to-payee fee) gross))
      (expect "payer gets the rest" (is-eq to-payer (- (get left before) gross)))
      (expect "fee is within the cap" (<= fee (+ u1 (/ (* gross FEE-CAP) u10000))))
      (expect "nothing is left" (is-eq (get-left id) u0))
    )
    (expect "the row is still there" false)
  )
)

(define-private (look (id uint))
  (match (map-get? escrows id)
    e (let ((old (default-to {state: FUNDED, paid: u0, returned: u0} (map-get? seen id))))
      (expect "states follow the graph" (may-become (get state old) (get state e)))
      (expect "money only goes out"
        (and (>= (get paid e) (get paid old)) (>= (get returned e) (get returned old)))
      )
      (map-set seen id {state: (get state e), paid: (get paid e), returned: (get returned e)})
    )
    true
  )
)

;; Can `to` be reached from `from` in any number of steps?
(define-private (may-become (from uint) (to uint))
  (or
    (is-eq from to)
    (is-eq from FUNDED)
    (and (is-eq from ACTIVE) (not (is-eq to FUNDED)) (not (is-eq to CANCELED)))
    (and (is-eq from DELIVERED) (or (is-eq to DISPUTED) (is-end to)))
    (and (is-eq from DISPUTED) (is-end to))
  )
)

(define-private (is-end (state uint))
  (or (is-eq state RELEASED) (is-eq state REFUNDED) (is-eq state SPLIT))
)

(define-private (add-owed (id uint) (sum {stx: uint, alt: uint}))
  (if (is-alt id)
    (merge sum {alt: (+ (get alt sum) (get-left id))})
    (merge sum {stx: (+ (get stx sum) (get-left id))})
  )
)

(define-private (row-is-sound (id uint) (sound bool))
  (match (map-get? escrows id)
    e (and
      sound
      (<= (+ (get paid e) (get returned e)) (get amount e))
      (<= (get fee-bps e) FEE-CAP)
      (>= (get state e) FUNDED)
      (<= (get state e) CANCELED)
      (is-eq
        (is-eq (get-left id) u0)
        (or (is-end (get state e)) (is-eq (get state e) CANCELED))
      )
      (not (is-eq (get payer e) (get payee e)))
      (not (is-eq (get payer e) (get arbiter e)))
      (not (is-eq (get payee e) (get arbiter e)))
    )
    (and sound (> id (var-get last-id)))
  )
)
