;; Fuzzing of sluice-flow. The fuzzer appends this text to the contract; see
;; sluice-streams.tests.clar for how drivers, `broken` and invariants play together.
;; The contract's own functions are private in this build: they run only through the
;; drivers below, so every fall of a debt is seen.

(define-constant IDS (list
  u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15
  u16 u17 u18 u19 u20 u21 u22 u23 u24 u25
))
(define-constant IDS-MAX u25)
(define-constant ERR-FULL (err u1))
(define-constant ERR-NOTHING (err u2))
(define-constant BORN burn-block-height)

(define-data-var broken (string-ascii 40) "")
(define-map seen-debt uint uint) ;; scaled debt at the last look

;; --- drivers ---

(define-public (drive-open
    (to principal)
    (rate uint)
    (deposit uint)
    (alt bool)
    (flags {transferable: bool, stop-on-empty: bool})
  )
  (let ((speed (+ u1 (mod rate u20000000000000))) (amount (mod deposit u1000000000)))
    (asserts! (has-room) ERR-FULL)
    (if alt
      (begin
        (try! (contract-call? .stand-in fill tx-sender))
        (open .stand-in to speed amount flags)
      )
      (open .sluice-stx to speed amount flags)
    )
  )
)

(define-public (drive-fund (id uint) (amount uint))
  (let ((one (fold-id id)) (more (+ u1 (mod amount u100000000))))
    (try! (contract-call? .stand-in fill tx-sender))
    (try! (if (is-alt one) (fund one .stand-in more) (fund one .sluice-stx more)))
    (ok (look one))
  )
)

;; I55: the owner of that moment is paid; the debt falls by exactly what was paid.
(define-public (drive-withdraw (id uint) (amount uint))
  (let (
      (one (fold-id id))
      (covered (covered-at one stacks-block-time))
      (debt (debt-scaled-at one stacks-block-time))
      (owner (unwrap! (nft-get-owner? position one) ERR-NOTHING))
      (before (held-by owner (is-alt one)))
    )
    (asserts! (> covered u0) ERR-NOTHING)
    (let (
        (part (+ u1 (mod amount covered)))
        (paid (try! (if (is-alt one)
          (withdraw one .stand-in part)
          (withdraw one .sluice-stx part)
        )))
      )
      (expect "withdraw pays the owner" (is-eq (held-by owner (is-alt one)) (+ before paid)))
      (expect "the debt falls by what was paid"
        (is-eq (debt-scaled-at one stacks-block-time) (- debt (* paid SCALE)))
      )
      (ok (map-set seen-debt one (debt-scaled-at one stacks-block-time)))
    )
  )
)

(define-public (drive-refund (id uint) (amount uint))
  (let ((one (fold-id id)) (free (refundable-at one stacks-block-time)))
    (asserts! (> free u0) ERR-NOTHING)
    (let ((part (+ u1 (mod amount free))))
      (try! (if (is-alt one) (refund one .stand-in part) (refund one .sluice-stx part)))
      (ok (look one))
    )
  )
)

(define-public (drive-adjust (id uint) (rate uint) (stop bool))
  (let ((one (fold-id id)))
    (try! (adjust one (if stop u0 (mod rate u20000000000000))))
    (ok (look one))
  )
)

(define-public (drive-void (id uint) (sure uint))
  (let ((one (fold-id id)))
    (asserts! (is-eq (mod sure u3) u0) ERR-NOTHING)
    (try! (void one))
    (expect "nothing uncovered is left" (is-eq (uncovered-at one stacks-block-time) u0))
    (ok (map-set seen-debt one (debt-scaled-at one stacks-block-time)))
  )
)

(define-public (drive-transfer (id uint) (to principal))
  (let ((one (fold-id id)))
    (transfer one (unwrap! (nft-get-owner? position one) ERR-NOTHING) to)
  )
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

;; I65: a debt has only grown since the last look, unless it was paid or written off.
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
    (>= (held-by current-contract false) (get-liability .sluice-stx))
    (>= (held-by current-contract true) (get-liability .stand-in))
  )
)

;; I2, I13.
(define-read-only (invariant-liability-is-the-balances)
  (let ((owed (fold add-owed IDS {stx: u0, alt: u0})))
    (and
      (is-eq (get stx owed) (get-liability .sluice-stx))
      (is-eq (get alt owed) (get-liability .stand-in))
    )
  )
)

;; I63.
(define-read-only (invariant-covered-and-refundable-are-the-balance)
  (fold parts-add-up IDS true)
)

;; I53.
(define-read-only (invariant-ids-follow-each-other)
  (fold id-follows IDS true)
)

;; --- properties of the arithmetic ---

;; I63, I65: what is owed grows with time, and a cap forgets nothing that is owed already.
(define-public (test-debt-never-falls
    (snap uint)
    (rate uint)
    (cap uint)
    (capped bool)
    (t uint)
    (later uint)
  )
  (let (
      (most (if capped (some cap) none))
      (speed (mod rate MAX-RATE))
      (a (scaled-debt snap u5 speed most t))
      (b (scaled-debt snap u5 speed most (+ t later)))
    )
    (asserts! (>= a snap) (err u901))
    (asserts! (>= b a) (err u902))
    (ok true)
  )
)

;; --- private ---

(define-private (fold-id (id uint))
  (+ u1 (mod id (if (is-eq (var-get last-id) u0) u1 (var-get last-id))))
)

(define-private (has-room)
  (< (var-get last-id) (min-of IDS-MAX (+ u5 (/ (- burn-block-height BORN) u800))))
)

(define-private (expect (what (string-ascii 40)) (holds bool))
  (begin
    (and (not holds) (var-set broken what))
    holds
  )
)

(define-private (is-alt (id uint))
  (match (map-get? flows id)
    f (is-eq (get token f) .stand-in)
    false
  )
)

(define-private (held-by (who principal) (alt bool))
  (if alt
    (unwrap-panic (contract-call? .stand-in get-balance who))
    (stx-get-balance who)
  )
)

(define-private (look (id uint))
  (let ((debt (debt-scaled-at id stacks-block-time)))
    (expect "a debt fell" (>= debt (default-to u0 (map-get? seen-debt id))))
    (map-set seen-debt id debt)
  )
)

(define-private (add-owed (id uint) (sum {stx: uint, alt: uint}))
  (match (map-get? flows id)
    f (if (is-eq (get token f) .sluice-stx)
      (merge sum {stx: (+ (get stx sum) (get balance f))})
      (merge sum {alt: (+ (get alt sum) (get balance f))})
    )
    sum
  )
)

(define-private (parts-add-up (id uint) (sound bool))
  (match (map-get? flows id)
    f (let ((t stacks-block-time))
      (and
        sound
        (is-eq (+ (covered-at id t) (refundable-at id t)) (get balance f))
        (is-eq (+ (covered-at id t) (uncovered-at id t)) (debt-at id t))
        (or (not (get voided f)) (is-eq (get rate f) u0))
      )
    )
    sound
  )
)

(define-private (id-follows (id uint) (sound bool))
  (and sound (is-eq (<= id (var-get last-id)) (is-some (map-get? flows id))))
)
