;; Fuzzing of sluice-gateway over the real sluice-escrow. The fuzzer appends this text
;; to the contract; see sluice-streams.tests.clar for how drivers, `broken` and
;; invariants play together. The contract's own functions are private in this build:
;; they run only through the drivers below, so every payment is counted.

(define-constant MERCHANTS (list u1 u2 u3))
(define-constant REFS (list 0x00 0x01 0x02 0x03 0x04 0x05 0x06 0x07))
(define-constant PAYMENTS (list
  u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15
  u16 u17 u18 u19 u20 u21 u22 u23 u24 u25 u26 u27 u28 u29 u30
))
(define-constant ERR-FULL (err u1))
(define-constant ERR-NOTHING (err u2))
(define-constant KEY 0x021111111111111111111111111111111111111111111111111111111111111111)

(define-data-var broken (string-ascii 40) "")
(define-map settled {merchant: uint, ref: (buff 32)} uint) ;; by the drivers
(define-map dropped {merchant: uint, ref: (buff 32)} bool)
(define-map returned uint uint) ;; payment -> what went back to its payer

;; --- drivers ---

(define-public (drive-register (payout principal) (hold bool))
  (begin
    (asserts! (< (var-get last-merchant) u3) ERR-FULL)
    (try! (set-open (try! (register-merchant payout KEY (if hold HOLD PUSH) (if hold u500 u0))) true))
    (ok true)
  )
)

(define-public (drive-intent (merchant uint) (ref uint) (amount uint))
  (create-intent (pick-merchant merchant) (ref-of ref) .sluice-stx
    (+ u1 (mod amount u100000000)) (+ stacks-block-time u900000000) none
  )
)

;; I21: a reference settles at most once, and never after it was canceled.
(define-public (drive-pay (merchant uint) (ref uint))
  (let (
      (key {merchant: (pick-merchant merchant), ref: (ref-of ref)})
      (asked (get amount (unwrap! (map-get? intents key) ERR-NOTHING)))
      (before (stx-get-balance tx-sender))
      (id (try! (pay-intent (get merchant key) (get ref key) .sluice-stx)))
    )
    (expect "settles once" (map-insert settled key id))
    (expect "not what was canceled" (is-none (map-get? dropped key)))
    (ok (expect "the payer sends what was asked" (is-eq (stx-get-balance tx-sender) (- before asked))))
  )
)

(define-public (drive-tip (merchant uint) (ref uint) (amount uint))
  (begin
    (asserts! (< (var-get last-payment) u30) ERR-FULL)
    (pay-open (pick-merchant merchant) .sluice-stx (+ u1 (mod amount u100000)) (ref-of ref))
  )
)

(define-public (drive-cancel (merchant uint) (ref uint) (sure uint))
  (let ((key {merchant: (pick-merchant merchant), ref: (ref-of ref)}))
    (asserts! (is-eq (mod sure u4) u0) ERR-NOTHING)
    (try! (cancel-intent (get merchant key) (get ref key)))
    (expect "not what was paid" (is-none (map-get? settled key)))
    (ok (map-insert dropped key true))
  )
)

;; I25: what goes back arrives at the payer and is counted.
(define-public (drive-refund (payment uint) (amount uint))
  (let (
      (id (+ u1 (mod payment (if (is-eq (var-get last-payment) u0) u1 (var-get last-payment)))))
      (p (unwrap! (map-get? payments id) ERR-NOTHING))
      (part (+ u1 (mod amount (get amount p))))
      (before (stx-get-balance (get payer p)))
    )
    (try! (refund id .sluice-stx part))
    (expect "the payer is paid back" (is-eq (stx-get-balance (get payer p)) (+ before part)))
    (ok (map-set returned id (+ (default-to u0 (map-get? returned id)) part)))
  )
)

(define-public (drive-fee (bps uint))
  (set-platform-fee (mod bps u700))
)

;; --- invariants ---

(define-read-only (invariant-nothing-broken)
  (is-eq (var-get broken) "")
)

;; I21.
(define-read-only (invariant-a-reference-settles-once)
  (fold refs-are-right MERCHANTS true)
)

;; I25.
(define-read-only (invariant-refunds-stay-below-the-payment)
  (fold refund-is-right PAYMENTS true)
)

;; I1: the gateway holds nothing.
(define-read-only (invariant-nothing-is-held)
  (is-eq (stx-get-balance current-contract) u0)
)

;; I19.
(define-read-only (invariant-fee-below-cap)
  (<= (var-get platform-fee-bps) FEE-CAP)
)

;; --- properties of the arithmetic ---

;; I29.
(define-public (test-splitting-a-payment-gains-nothing (a uint) (b uint) (bps uint))
  (let ((rate (mod bps (+ FEE-CAP u1))))
    (asserts! (<= (+ (share a rate) (share b rate)) (share (+ a b) rate)) (err u901))
    (asserts! (<= (share (+ a b) rate) (+ (share a rate) (share b rate) u1)) (err u902))
    (ok true)
  )
)

;; --- private ---

(define-private (pick-merchant (n uint))
  (+ u1 (mod n (if (is-eq (var-get last-merchant) u0) u1 (var-get last-merchant))))
)

(define-private (ref-of (n uint))
  (unwrap-panic (element-at? REFS (mod n u8)))
)

(define-private (expect (what (string-ascii 40)) (holds bool))
  (begin
    (and (not holds) (var-set broken what))
    holds
  )
)

(define-private (refs-are-right (merchant uint) (sound bool))
  (get sound (fold ref-is-right REFS {merchant: merchant, sound: sound}))
)

(define-private (ref-is-right (ref (buff 1)) (acc {merchant: uint, sound: bool}))
  (let ((key {merchant: (get merchant acc), ref: ref}))
    (merge acc {sound: (and
      (get sound acc)
      (is-eq (map-get? by-ref key)
        (if (is-some (map-get? dropped key)) (some CANCELED) (map-get? settled key))
      )
    )})
  )
)

(define-private (refund-is-right (id uint) (sound bool))
  (match (map-get? payments id)
    p (and
      sound
      (<= (default-to u0 (map-get? returned id)) (get amount p))
      (is-eq (ok (default-to u0 (map-get? returned id))) (get-refunded id))
    )
    sound
  )
)
