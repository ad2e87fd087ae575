;; Fuzzing of sluice-market over the real sluice-streams. The fuzzer appends this text
;; to the contract; see sluice-streams.tests.clar for how drivers, `broken` and
;; invariants play together.

(define-constant IDS (list
  u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15
  u16 u17 u18 u19 u20 u21 u22 u23 u24 u25 u26 u27 u28 u29 u30
))
(define-constant IDS-MAX u30)
(define-constant ERR-FULL (err u1))
(define-constant BORN burn-block-height)

(define-data-var broken (string-ascii 40) "")
(define-map ended uint uint) ;; offer -> the state it ended in

;; --- drivers ---

(define-public (drive-stream (deposit uint) (runs uint) (royalty uint) (to principal))
  (let ((now stacks-block-time))
    (asserts! (has-room (last-stream)) ERR-FULL)
    (contract-call? .sluice-streams create-linear .sluice-stx to
      (+ u1000 (mod deposit u1000000000)) now now (+ now u100000 (mod runs u20000000)) u0 u0 u1
      {cancelable: false, transferable: true, pausable: false, open-withdraw: true,
        royalty-bps: (mod royalty u501)}
    )
  )
)

(define-public (drive-list (id uint) (price uint) (days uint) (alt bool) (taker (optional principal)))
  (let ((one (owned id)))
    (try! (contract-call? .sluice-streams approve-as-sender one current-contract))
    (try! (list-position one (+ u1 (mod price u1000000000))
      (if alt .stand-in .sluice-stx)
      (+ stacks-block-time u1 (mod days u5000000)) taker
    ))
    (ok (expect "a new listing is live" (is-live one)))
  )
)

(define-public (drive-update (id uint) (price uint))
  (update-price (listed id) (+ u1 (mod price u1000000000)))
)

(define-public (drive-unlist (id uint))
  (unlist (listed id))
)

(define-public (drive-buy (id uint) (floor uint))
  (let (
      (one (listed id))
      (l (unwrap! (map-get? listings one) ERR-NOT-FOUND))
      (live (is-live one))
      (left (contract-call? .sluice-streams remaining one))
      ;; Now and then one more than there is, which must be refused.
      (min-remaining (if (is-eq (mod floor u4) u0) (+ left u1) (mod floor (+ u1 left))))
      (deal (deal-of one (get price l) (get fee-bps l) (get seller l) tx-sender (get pay-token l)))
    )
    (if (is-eq (get pay-token l) .stand-in)
      (begin
        (try! (contract-call? .stand-in fill tx-sender))
        (try! (buy one .stand-in (get price l) min-remaining))
      )
      (try! (buy one .sluice-stx (get price l) min-remaining))
    )
    (expect "only a live listing is sold" live)
    (expect "the position holds what was asked" (>= left min-remaining))
    (expect "the listing is gone" (is-none (map-get? listings one)))
    (ok (dealt one deal (if (is-eq (get pay-token l) .stand-in) PURSE u0)))
  )
)

(define-public (drive-buy-for (id uint) (recipient principal))
  (let ((one (listed id)) (l (unwrap! (map-get? listings one) ERR-NOT-FOUND)))
    (if (is-eq (get pay-token l) .stand-in)
      (begin
        (try! (contract-call? .stand-in fill tx-sender))
        (try! (buy-for one .stand-in (get price l) u0 recipient))
      )
      (try! (buy-for one .sluice-stx (get price l) u0 recipient))
    )
    (ok (expect "the recipient owns it" (is-owner one recipient)))
  )
)

(define-public (drive-offer (id uint) (amount uint) (floor uint) (days uint) (alt bool))
  (let (
      (one (fold-id id (last-stream)))
      (gross (+ u1 (mod amount u1000000000)))
      (expires (+ stacks-block-time u1 (mod days u3000000)))
    )
    (asserts! (has-room (var-get last-offer)) ERR-FULL)
    (if alt
      (begin
        (try! (contract-call? .stand-in fill tx-sender))
        (make-offer one .stand-in gross (mod floor u1000) expires)
      )
      (make-offer one .sluice-stx gross (mod floor u1000) expires)
    )
  )
)

(define-public (drive-cancel-offer (offer uint))
  (let ((one (open-offer offer false)))
    (if (is-alt one) (cancel-offer one .stand-in) (cancel-offer one .sluice-stx))
  )
)

(define-public (drive-expire-offer (offer uint))
  (let ((one (fold-id offer (var-get last-offer))))
    (if (is-alt one) (expire-offer one .stand-in) (expire-offer one .sluice-stx))
  )
)

(define-public (drive-accept (offer uint))
  (let (
      (one (open-offer offer true))
      (o (unwrap! (map-get? offers one) ERR-NOT-FOUND))
      (id (get position o))
      (deal (deal-of id (get amount o) (get fee-bps o) tx-sender current-contract (get token o)))
    )
    (try! (contract-call? .sluice-streams approve-as-sender id current-contract))
    (if (is-alt one)
      (try! (accept-offer one .stand-in u0))
      (try! (accept-offer one .sluice-stx u0))
    )
    (expect "the offer's buyer owns it" (is-owner id (get buyer o)))
    (ok (dealt id (merge deal {buyer: (get buyer o)}) u0))
  )
)

;; The owner moves his position by other means: listings and offers go stale.
(define-public (drive-move (id uint) (to principal))
  (let ((one (owned id)) (nonce (contract-call? .sluice-streams get-nonce (owned id))))
    (try! (contract-call? .sluice-streams approve-as-sender one current-contract))
    (try! (contract-call? .sluice-streams transfer one tx-sender to))
    (expect "moving ends the listing" (not (is-live one)))
    (ok (expect "moving bumps the nonce"
      (is-eq (contract-call? .sluice-streams get-nonce one) (+ nonce u1))
    ))
  )
)

(define-public (drive-withdraw (id uint))
  (contract-call? .sluice-streams withdraw-max (fold-id id (last-stream)) .sluice-stx)
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

;; I62: an offer that has ended stays as it ended.
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

;; I2, I13, I62.
(define-read-only (invariant-liability-is-the-open-offers)
  (let ((owed (fold add-owed IDS {stx: u0, alt: u0})))
    (and
      (is-eq (get stx owed) (get-liability .sluice-stx))
      (is-eq (get alt owed) (get-liability .stand-in))
    )
  )
)

;; I56.
(define-read-only (invariant-live-listings-are-the-owners)
  (fold listing-is-sound IDS true)
)

;; I19.
(define-read-only (invariant-fee-below-cap)
  (<= (var-get fee-bps) FEE-CAP)
)

;; --- properties ---

(define-public (test-a-price-is-shared-exactly (price uint) (bps uint) (royalty uint))
  (let ((parts (split price (mod bps u501) (mod royalty u501))))
    (asserts! (is-eq (+ (get fee parts) (get royalty parts) (get rest parts)) price) (err u902))
    (asserts! (>= (* (get rest parts) u10) (* price u9)) (err u903))
    (ok true)
  )
)

;; --- private ---

(define-constant PURSE u1000000000000) ;; what the stand-in gives before a payment

(define-private (fold-id (id uint) (last uint))
  (+ u1 (mod id (if (is-eq last u0) u1 last)))
)

(define-private (last-stream)
  (unwrap-panic (contract-call? .sluice-streams get-last-token-id))
)

(define-private (has-room (used uint))
  (and (< used IDS-MAX) (< used (+ u5 (/ (- burn-block-height BORN) u800))))
)

(define-private (expect (what (string-ascii 40)) (holds bool))
  (begin
    (and (not holds) (var-set broken what))
    holds
  )
)

(define-private (held-by (who principal) (token principal))
  (if (is-eq token .sluice-stx)
    (stx-get-balance who)
    (unwrap-panic (contract-call? .stand-in get-balance who))
  )
)

(define-private (is-owner (id uint) (who principal))
  (is-eq (ok (some who)) (contract-call? .sluice-streams get-owner id))
)

(define-private (is-alt (offer uint))
  (match (map-get? offers offer)
    o (is-eq (get token o) .stand-in)
    false
  )
)

;; A position of the caller, if he has one; the first at or after a random place.
(define-private (owned (id uint))
  (let ((from (fold-id id (last-stream))))
    (get found (fold pick-owned IDS {found: from, from: from, hit: false}))
  )
)

(define-private (pick-owned (id uint) (acc {found: uint, from: uint, hit: bool}))
  (if (and (not (get hit acc)) (is-owner id tx-sender))
    (merge acc {found: id, hit: (>= id (get from acc))})
    acc
  )
)

(define-private (listed (id uint))
  (let ((from (fold-id id (last-stream))))
    (get found (fold pick-listed IDS {found: from, from: from, hit: false}))
  )
)

(define-private (pick-listed (id uint) (acc {found: uint, from: uint, hit: bool}))
  (if (and (not (get hit acc)) (is-some (map-get? listings id)))
    (merge acc {found: id, hit: (>= id (get from acc))})
    acc
  )
)

;; An open offer of the caller or, as seller, one for a position of the caller.
(define-private (open-offer (offer uint) (as-seller bool))
  (let ((from (fold-id offer (var-get last-offer))))
    (get found (fold pick-offer IDS {found: from, from: from, hit: false, as-seller: as-seller}))
  )
)

(define-private (pick-offer
    (offer uint)
    (acc {found: uint, from: uint, hit: bool, as-seller: bool})
  )
  (match (map-get? offers offer)
    o (if (and
        (not (get hit acc))
        (is-eq (get state o) OPEN)
        (if (get as-seller acc)
          (is-owner (get position o) tx-sender)
          (is-eq (get buyer o) tx-sender)
        )
      )
      (merge acc {found: offer, hit: (>= offer (get from acc))})
      acc
    )
    acc
  )
)

;; Who holds what before a sale.
(define-private (deal-of
    (id uint)
    (price uint)
    (bps uint)
    (seller principal)
    (buyer principal)
    (token principal)
  )
  (let (
      (s (contract-call? .sluice-streams get-stream id))
      (payer (default-to seller (get payer s)))
      (fee (/ (* price bps) u10000))
      (royalty (/ (* price (default-to u0 (get royalty-bps s))) u10000))
    )
    {
      price: price, token: token, fee: fee, royalty: royalty,
      seller: seller, buyer: buyer, payer: payer,
      seller-had: (held-by seller token), buyer-had: (held-by buyer token),
      payer-had: (held-by payer token), treasury-had: (held-by .sluice-treasury token)
    }
  )
)

;; After the sale everybody has what the deal says; one person may play several parts.
(define-private (dealt
    (id uint)
    (deal {price: uint, token: principal, fee: uint, royalty: uint, seller: principal,
      buyer: principal, payer: principal, seller-had: uint, buyer-had: uint, payer-had: uint,
      treasury-had: uint})
    (purse uint)
  )
  (begin
    (expect "the seller gets the rest" (has-got deal (get seller deal) (get seller-had deal) purse))
    (expect "the payer gets the royalty" (has-got deal (get payer deal) (get payer-had deal) purse))
    (expect "the treasury gets the fee"
      (is-eq (held-by .sluice-treasury (get token deal)) (+ (get treasury-had deal) (get fee deal)))
    )
    (expect "the buyer owns the position" (is-owner id (get buyer deal)))
  )
)

;; `purse` was given to tx-sender during the call; only he can have paid the price just now.
(define-private (has-got
    (deal {price: uint, token: principal, fee: uint, royalty: uint, seller: principal,
      buyer: principal, payer: principal, seller-had: uint, buyer-had: uint, payer-had: uint,
      treasury-had: uint})
    (who principal)
    (had uint)
    (purse uint)
  )
  (let (
      (rest (- (get price deal) (get fee deal) (get royalty deal)))
      (paid (if (and (is-eq who (get buyer deal)) (is-eq who tx-sender)) (get price deal) u0))
      (got (+
        (if (is-eq who (get seller deal)) rest u0)
        (if (is-eq who (get payer deal)) (get royalty deal) u0)
        (if (is-eq who tx-sender) purse u0)
      ))
    )
    (is-eq (+ (held-by who (get token deal)) paid) (+ had got))
  )
)

(define-private (look (offer uint))
  (match (map-get? offers offer)
    o (if (is-eq (get state o) OPEN)
      (expect "an ended offer stays ended" (is-none (map-get? ended offer)))
      (begin
        (map-insert ended offer (get state o))
        (expect "an offer ends once" (is-eq (map-get? ended offer) (some (get state o))))
      )
    )
    true
  )
)

(define-private (add-owed (offer uint) (sum {stx: uint, alt: uint}))
  (match (map-get? offers offer)
    o (if (is-eq (get state o) OPEN)
      (if (is-alt offer)
        (merge sum {alt: (+ (get alt sum) (get amount o))})
        (merge sum {stx: (+ (get stx sum) (get amount o))})
      )
      sum
    )
    sum
  )
)

(define-private (listing-is-sound (id uint) (sound bool))
  (match (map-get? listings id)
    l (and
      sound
      (<= (get fee-bps l) FEE-CAP)
      (or (not (is-live id)) (is-owner id (get seller l)))
    )
    sound
  )
)
