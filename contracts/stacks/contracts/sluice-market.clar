;; sluice-market: sell stream positions without giving them away first.
;;
;; A seller approves this contract as operator of his position and lists it; the
;; position stays his until somebody pays. A listing and an offer name the nonce
;; of the position, so they die when it changes hands. Offers hold the buyer's
;; money here until they are accepted, taken back or expired.
;;
;; Of a price the treasury gets the fee, the stream's payer the royalty, and the
;; seller the rest. Fees are those of the day the listing or offer was made.

(use-trait ft .sluice-traits.sip010)

(define-constant ERR-NOT-AUTHORIZED (err u8000)) ;; not the party or role who may do this
(define-constant ERR-NOT-FOUND (err u8001)) ;; no such listing, offer or position
(define-constant ERR-PAUSED (err u8002)) ;; no new business now; exits go on
(define-constant ERR-AMOUNT (err u8003)) ;; a price outside the token's limits
(define-constant ERR-TOKEN (err u8004)) ;; not listed, disabled, or not the token agreed
(define-constant ERR-STATE (err u8005)) ;; soulbound, empty, or this market is not its operator
(define-constant ERR-TIME (err u8006)) ;; expired, or not expired yet
(define-constant ERR-ASSET-GUARD (err u8008)) ;; the token moved something else than agreed
(define-constant ERR-FEE (err u8009)) ;; above FEE-CAP
(define-constant ERR-STALE (err u8010)) ;; changed hands, lost its approval, or out of time
(define-constant ERR-PRICE (err u8011)) ;; not the price the caller agreed to
(define-constant ERR-REMAINING (err u8012)) ;; the position holds less than the buyer asked for
(define-constant ERR-TAKER (err u8013)) ;; reserved for somebody else, or the seller himself
(define-constant ERR-OFFER (err u8014)) ;; the offer has ended

(define-constant BPS u10000)
(define-constant FEE-CAP u500)
(define-constant SETTLER u4)
(define-constant FEE-MANAGER u5)

(define-constant OPEN u1)
(define-constant ACCEPTED u2)
(define-constant CANCELED u3)
(define-constant EXPIRED u4)

(define-data-var fee-bps uint u100)
(define-data-var last-offer uint u0)
(define-data-var seq uint u0)

(define-map listings uint { ;; by position
  seller: principal,
  price: uint,
  pay-token: principal,
  nonce: uint,
  expires: uint, ;; unix seconds
  taker: (optional principal),
  fee-bps: uint
})
(define-map offers uint {
  buyer: principal,
  position: uint,
  nonce: uint,
  token: principal,
  amount: uint,
  min-remaining: uint,
  expires: uint, ;; unix seconds
  fee-bps: uint,
  state: uint
})
(define-map liabilities principal uint)

;; --- read-only ---

(define-read-only (get-listing (id uint))
  (map-get? listings id)
)

(define-read-only (get-offer (offer uint))
  (map-get? offers offer)
)

(define-read-only (get-last-offer)
  (var-get last-offer)
)

(define-read-only (get-fee-bps)
  (var-get fee-bps)
)

(define-read-only (get-liability (asset principal))
  (default-to u0 (map-get? liabilities asset))
)

;; Can this listing be bought now?
(define-read-only (is-live (id uint))
  (match (map-get? listings id)
    l (match (contract-call? .sluice-streams get-position id current-contract)
      p (and
        (< stacks-block-time (get expires l))
        (is-eq (get nonce l) (get nonce p))
        (is-eq (some (get seller l)) (get owner p))
        (get approved p)
      )
      false
    )
    false
  )
)

(define-read-only (op-set-fee (bps uint))
  (sha256 (unwrap-panic (to-consensus-buff? {
    fn: "set-fee", module: current-contract, bps: bps
  })))
)

;; --- public: listings ---

;; Offer a position for sale; an older listing of it is replaced.
;; Who: owner of the position, who has approved this contract as its operator.
;; Holds: transferable and not empty; now < expires; price within the token's limits.
;; Prints: market.listed {nonce, expires, taker, fee-bps}; id is the position.
(define-public (list-position
    (id uint)
    (price uint)
    (pay-token principal)
    (expires uint)
    (taker (optional principal))
  )
  (let ((p (try! (get-position id))) (nonce (get nonce p)) (fee (var-get fee-bps)))
    (asserts! (is-eq (some contract-caller) (get owner p)) ERR-NOT-AUTHORIZED)
    (try! (assert-open))
    (asserts! (get transferable p) ERR-STATE)
    (asserts! (> (get remaining p) u0) ERR-STATE)
    (asserts! (get approved p) ERR-STATE)
    (asserts! (< stacks-block-time expires) ERR-TIME)
    (try! (assert-price pay-token price))
    (map-set listings id {
      seller: contract-caller, price: price, pay-token: pay-token, nonce: nonce,
      expires: expires, taker: taker, fee-bps: fee
    })
    (print {
      sluice: u1, seq: (next-seq), ev: "market.listed", id: id, actor: contract-caller,
      token: pay-token, amount: price,
      data: {nonce: nonce, expires: expires, taker: taker, fee-bps: fee}
    })
    (ok true)
  )
)

;; Change the price of a listing.
;; Who: its seller. Holds: the listing is live; price within the token's limits.
;; Prints: market.updated {old}; id is the position.
(define-public (update-price (id uint) (price uint))
  (let ((l (try! (get-as-seller id))))
    (try! (assert-open))
    (asserts! (is-live id) ERR-STALE)
    (try! (assert-price (get pay-token l) price))
    (map-set listings id (merge l {price: price}))
    (print {
      sluice: u1, seq: (next-seq), ev: "market.updated", id: id, actor: contract-caller,
      token: (get pay-token l), amount: price, data: {old: (get price l)}
    })
    (ok true)
  )
)

;; Take a listing back.
;; Who: its seller. Holds: listed. Prints: market.unlisted {seller}; id is the position.
(define-public (unlist (id uint))
  (let ((l (try! (get-as-seller id))))
    (map-delete listings id)
    (print {
      sluice: u1, seq: (next-seq), ev: "market.unlisted", id: id, actor: contract-caller,
      token: (get pay-token l), amount: (get price l), data: {seller: (get seller l)}
    })
    (ok true)
  )
)

;; Buy a listed position.
;; Who: anyone, or the taker it is reserved for; tx-sender pays and becomes the owner.
;; Holds: live; price <= max-price; the position still holds at least min-remaining.
;; Prints: market.sold {seller, buyer, fee, royalty}; id is the position.
(define-public (buy (id uint) (token <ft>) (max-price uint) (min-remaining uint))
  (sell id token max-price min-remaining contract-caller tx-sender)
)

;; Buy a listed position for somebody who paid elsewhere.
;; Who: a SETTLER; tx-sender pays on chain, recipient becomes the owner.
;; Holds: as in buy; a reserved listing only for its taker.
;; Prints: market.sold {seller, buyer, fee, royalty}; id is the position.
(define-public (buy-for
    (id uint)
    (token <ft>)
    (max-price uint)
    (min-remaining uint)
    (recipient principal)
  )
  (begin
    (asserts!
      (contract-call? .sluice-access has-role SETTLER contract-caller)
      ERR-NOT-AUTHORIZED
    )
    (sell id token max-price min-remaining recipient recipient)
  )
)

;; --- public: offers ---

;; Offer money for a position; it waits here.
;; Who: anyone; tx-sender pays and is the buyer.
;; Holds: transferable and not empty; now < expires. Prints: market.offer-made {position,
;; buyer, nonce, min-remaining, expires, fee-bps}; id is the offer.
(define-public (make-offer
    (id uint)
    (token <ft>)
    (amount uint)
    (min-remaining uint)
    (expires uint)
  )
  (let (
      (offer (+ (var-get last-offer) u1))
      (p (try! (get-position id)))
      (nonce (get nonce p))
      (fee (var-get fee-bps))
    )
    (try! (assert-open))
    (asserts! (get transferable p) ERR-STATE)
    (asserts! (> (get remaining p) u0) ERR-STATE)
    (asserts! (< stacks-block-time expires) ERR-TIME)
    (map-set offers offer {
      buyer: tx-sender, position: id, nonce: nonce, token: (contract-of token),
      amount: amount, min-remaining: min-remaining, expires: expires, fee-bps: fee,
      state: OPEN
    })
    (var-set last-offer offer)
    (try! (pull token amount))
    (print {
      sluice: u1, seq: (next-seq), ev: "market.offer-made", id: offer, actor: contract-caller,
      token: (contract-of token), amount: amount,
      data: {
        position: id, buyer: tx-sender, nonce: nonce, min-remaining: min-remaining,
        expires: expires, fee-bps: fee
      }
    })
    (ok offer)
  )
)

;; Take an offer back.
;; Who: its buyer. Holds: open. Prints: market.offer-canceled {position, buyer}; id is the offer.
(define-public (cancel-offer (offer uint) (token <ft>))
  (let ((o (try! (get-open-offer offer (contract-of token)))))
    (asserts! (is-eq contract-caller (get buyer o)) ERR-NOT-AUTHORIZED)
    (map-set offers offer (merge o {state: CANCELED}))
    (try! (push token (get amount o) (get buyer o)))
    (print {
      sluice: u1, seq: (next-seq), ev: "market.offer-canceled", id: offer,
      actor: contract-caller, token: (get token o), amount: (get amount o),
      data: {position: (get position o), buyer: (get buyer o)}
    })
    (ok true)
  )
)

;; Send the money of an expired offer back to its buyer.
;; Who: anyone. Holds: open, and expires reached.
;; Prints: market.offer-expired {position, buyer}; id is the offer.
(define-public (expire-offer (offer uint) (token <ft>))
  (let ((o (try! (get-open-offer offer (contract-of token)))))
    (asserts! (>= stacks-block-time (get expires o)) ERR-TIME)
    (map-set offers offer (merge o {state: EXPIRED}))
    (try! (push token (get amount o) (get buyer o)))
    (print {
      sluice: u1, seq: (next-seq), ev: "market.offer-expired", id: offer,
      actor: contract-caller, token: (get token o), amount: (get amount o),
      data: {position: (get position o), buyer: (get buyer o)}
    })
    (ok true)
  )
)

;; Sell a position to the maker of an offer.
;; Who: owner of the position, who has approved this contract as its operator.
;; Holds: open, not expired, made under the same owner, the position still holds what the
;; buyer asked for, and the owner gets at least min-amount.
;; Prints: market.offer-accepted {position, seller, buyer, fee, royalty}; id is the offer.
(define-public (accept-offer (offer uint) (token <ft>) (min-amount uint))
  (let (
      (o (try! (get-open-offer offer (contract-of token))))
      (id (get position o))
      (p (try! (get-position id)))
      (parts (split (get amount o) (get fee-bps o) (get royalty-bps p)))
      (seller contract-caller)
    )
    (asserts! (is-eq (some seller) (get owner p)) ERR-NOT-AUTHORIZED)
    (asserts! (< stacks-block-time (get expires o)) ERR-TIME)
    (asserts! (is-eq (get nonce o) (get nonce p)) ERR-STALE)
    (asserts! (>= (get remaining p) (get min-remaining o)) ERR-REMAINING)
    (asserts! (>= (get rest parts) min-amount) ERR-PRICE)
    (map-set offers offer (merge o {state: ACCEPTED}))
    (map-delete listings id)
    (try! (contract-call? .sluice-streams transfer id seller (get buyer o)))
    (try! (push-parts token {to: seller, amount: (get rest parts)}
      {to: (get payer p), amount: (get royalty parts)}
      {to: .sluice-treasury, amount: (get fee parts)}
    ))
    (print {
      sluice: u1, seq: (next-seq), ev: "market.offer-accepted", id: offer,
      actor: contract-caller, token: (get token o), amount: (get amount o),
      data: {
        position: id, seller: seller, buyer: (get buyer o), fee: (get fee parts),
        royalty: (get royalty parts)
      }
    })
    (ok true)
  )
)

;; --- public: money of the house ---

;; Set the fee of listings and offers made from now on.
;; Who: a FEE-MANAGER, with a due operation op-set-fee. Holds: bps <= FEE-CAP.
;; Prints: market.fee-set {bps}.
(define-public (set-fee (bps uint))
  (begin
    (asserts!
      (contract-call? .sluice-access has-role FEE-MANAGER contract-caller)
      ERR-NOT-AUTHORIZED
    )
    (asserts! (<= bps FEE-CAP) ERR-FEE)
    (try! (contract-call? .sluice-access consume (op-set-fee bps)))
    (var-set fee-bps bps)
    (print {
      sluice: u1, seq: (next-seq), ev: "market.fee-set", id: u0, actor: contract-caller,
      token: current-contract, amount: u0, data: {bps: bps}
    })
    (ok true)
  )
)

;; Send what was given to this contract by mistake to the treasury.
;; Who: anyone. Holds: the balance exceeds what is owed. Prints: market.skimmed {to}.
(define-public (skim (token <ft>))
  (let (
      (asset (contract-of token))
      (held (unwrap! (contract-call? token get-balance current-contract) ERR-TOKEN))
      (owed (get-liability asset))
    )
    (asserts! (> held owed) ERR-AMOUNT)
    (map-set liabilities asset held)
    (try! (push token (- held owed) .sluice-treasury))
    (print {
      sluice: u1, seq: (next-seq), ev: "market.skimmed", id: u0, actor: contract-caller,
      token: asset, amount: (- held owed), data: {to: .sluice-treasury}
    })
    (ok (- held owed))
  )
)

;; --- private: sales ---

;; `taker` asked to buy; `buyer` gets the position; tx-sender pays.
(define-private (sell
    (id uint)
    (token <ft>)
    (max-price uint)
    (min-remaining uint)
    (taker principal)
    (buyer principal)
  )
  (let (
      (l (unwrap! (map-get? listings id) ERR-NOT-FOUND))
      (p (try! (get-position id)))
      (price (get price l))
      (seller (get seller l))
      (parts (split price (get fee-bps l) (get royalty-bps p)))
    )
    (try! (assert-open))
    (asserts! (< stacks-block-time (get expires l)) ERR-STALE)
    (asserts! (is-eq (get nonce l) (get nonce p)) ERR-STALE)
    (asserts! (is-eq (some seller) (get owner p)) ERR-STALE)
    (asserts! (get approved p) ERR-STALE)
    (asserts! (is-eq (contract-of token) (get pay-token l)) ERR-TOKEN)
    (asserts! (<= price max-price) ERR-PRICE)
    (asserts! (>= (get remaining p) min-remaining) ERR-REMAINING)
    (asserts! (is-eq taker (default-to taker (get taker l))) ERR-TAKER)
    (asserts! (not (is-eq buyer seller)) ERR-TAKER)
    (map-delete listings id)
    (try! (contract-call? .sluice-streams transfer id seller buyer))
    (try! (pay-parts token price parts seller (get payer p)))
    (print {
      sluice: u1, seq: (next-seq), ev: "market.sold", id: id, actor: contract-caller,
      token: (get pay-token l), amount: price,
      data: {seller: seller, buyer: buyer, fee: (get fee parts), royalty: (get royalty parts)}
    })
    (ok true)
  )
)

;; How a price is shared: fee and royalty round down, the rest is the seller's.
(define-private (split (price uint) (bps uint) (royalty-bps uint))
  (let ((fee (/ (* price bps) BPS)) (royalty (/ (* price royalty-bps) BPS)))
    {fee: fee, royalty: royalty, rest: (- price fee royalty)}
  )
)

;; From tx-sender, who can lose nothing but the price, to those who share it; the seller
;; must really receive his part.
(define-private (pay-parts
    (token <ft>)
    (price uint)
    (parts {fee: uint, royalty: uint, rest: uint})
    (seller principal)
    (payer principal)
  )
  (let (
      (asset (contract-of token))
      (row (unwrap! (contract-call? .sluice-tokens lookup asset) ERR-TOKEN))
      (before (unwrap! (contract-call? token get-balance seller) ERR-TOKEN))
    )
    (asserts! (get enabled row) ERR-TOKEN)
    (unwrap!
      (restrict-assets? tx-sender (
          (with-ft asset (get asset row) (if (get stx row) u0 price))
          (with-stx (if (get stx row) price u0))
        )
        (try! (give token (get rest parts) tx-sender seller))
        (asserts!
          (is-eq (contract-call? token get-balance seller) (ok (+ before (get rest parts))))
          ERR-ASSET-GUARD
        )
        (try! (give token (get royalty parts) tx-sender payer))
        (try! (give token (get fee parts) tx-sender .sluice-treasury))
      )
      ERR-ASSET-GUARD
    )
    (ok true)
  )
)

;; A part that is nothing, or comes back to whoever pays it, does not move.
(define-private (give (token <ft>) (amount uint) (from principal) (to principal))
  (if (or (is-eq amount u0) (is-eq from to))
    (ok true)
    (contract-call? token transfer amount from to none)
  )
)

(define-private (get-position (id uint))
  (ok (unwrap!
    (contract-call? .sluice-streams get-position id current-contract)
    ERR-NOT-FOUND
  ))
)

(define-private (get-as-seller (id uint))
  (let ((l (unwrap! (map-get? listings id) ERR-NOT-FOUND)))
    (asserts! (is-eq contract-caller (get seller l)) ERR-NOT-AUTHORIZED)
    (ok l)
  )
)

(define-private (get-open-offer (offer uint) (token principal))
  (let ((o (unwrap! (map-get? offers offer) ERR-NOT-FOUND)))
    (asserts! (is-eq token (get token o)) ERR-TOKEN)
    (asserts! (is-eq (get state o) OPEN) ERR-OFFER)
    (ok o)
  )
)

(define-private (assert-open)
  (ok (asserts!
    (contract-call? .sluice-access accepts-money current-contract)
    ERR-PAUSED
  ))
)

(define-private (assert-price (token principal) (price uint))
  (let ((row (unwrap! (contract-call? .sluice-tokens lookup token) ERR-TOKEN)))
    (asserts! (get enabled row) ERR-TOKEN)
    (ok (asserts! (and (>= price (get min row)) (<= price (get max row))) ERR-AMOUNT))
  )
)

;; --- private: money ---

;; Take exactly `amount` from tx-sender, who can lose nothing else by it.
(define-private (pull (token <ft>) (amount uint))
  (let (
      (asset (contract-of token))
      (row (unwrap! (contract-call? .sluice-tokens lookup asset) ERR-TOKEN))
      (before (unwrap! (contract-call? token get-balance current-contract) ERR-TOKEN))
    )
    (asserts! (get enabled row) ERR-TOKEN)
    (asserts! (and (>= amount (get min row)) (<= amount (get max row))) ERR-AMOUNT)
    (unwrap!
      (restrict-assets? tx-sender (
          (with-ft asset (get asset row) (if (get stx row) u0 amount))
          (with-stx (if (get stx row) amount u0))
        )
        (try! (contract-call? token transfer amount tx-sender current-contract none))
      )
      ERR-ASSET-GUARD
    )
    (asserts!
      (is-eq (contract-call? token get-balance current-contract) (ok (+ before amount)))
      ERR-ASSET-GUARD
    )
    (map-set liabilities asset (+ (get-liability asset) amount))
    (ok true)
  )
)

;; Pay out exactly `amount` that was owed; this contract can lose nothing else by it.
(define-private (push (token <ft>) (amount uint) (to principal))
  (if (is-eq amount u0)
    (ok true)
    (let (
        (asset (contract-of token))
        (row (unwrap! (contract-call? .sluice-tokens lookup asset) ERR-TOKEN))
      )
      (map-set liabilities asset (- (get-liability asset) amount))
      (unwrap!
        (as-contract? (
            (with-ft asset (get asset row) (if (get stx row) u0 amount))
            (with-stx (if (get stx row) amount u0))
          )
          (try! (contract-call? token transfer amount tx-sender to none))
        )
        ERR-ASSET-GUARD
      )
      (ok true)
    )
  )
)

;; Pay out what was owed to up to three parties, as push does; the token and what is owed are
;; looked up once, and the allowance is their sum.
(define-private (push-parts
    (token <ft>)
    (one {to: principal, amount: uint})
    (two {to: principal, amount: uint})
    (three {to: principal, amount: uint})
  )
  (let (
      (asset (contract-of token))
      (row (unwrap! (contract-call? .sluice-tokens lookup asset) ERR-TOKEN))
      (total (+ (get amount one) (get amount two) (get amount three)))
    )
    (map-set liabilities asset (- (get-liability asset) total))
    (unwrap!
      (as-contract? (
          (with-ft asset (get asset row) (if (get stx row) u0 total))
          (with-stx (if (get stx row) total u0))
        )
        (try! (push-part token one))
        (try! (push-part token two))
        (try! (push-part token three))
      )
      ERR-ASSET-GUARD
    )
    (ok true)
  )
)

(define-private (push-part (token <ft>) (part {to: principal, amount: uint}))
  (if (is-eq (get amount part) u0)
    (ok true)
    (contract-call? token transfer (get amount part) tx-sender (get to part) none)
  )
)

(define-private (next-seq)
  (let ((n (+ (var-get seq) u1)))
    (var-set seq n)
    n
  )
)
