;; sluice-gateway: merchants, what they ask for, and payments.
;;
;; A payment names a merchant and a reference and settles at most once. The
;; payer sends exactly the asked amount in one transaction: the platform fee to
;; the treasury, the merchant's splits, the rest to his payout address (PUSH) or
;; into escrow until the hold ends (HOLD). This contract never holds money.
;;
;; What is asked is either stored by the merchant (create-intent) or signed by
;; his key off chain (SIP-018), so nobody else can take a reference or choose
;; an amount.

(use-trait ft .sluice-traits.sip010)
(use-trait price-source .sluice-traits.price-source)

(define-constant ERR-NOT-AUTHORIZED (err u4000)) ;; not the merchant, or without the role
(define-constant ERR-NOT-FOUND (err u4001)) ;; no such merchant, intent, payment or pending change
(define-constant ERR-PAUSED (err u4002)) ;; no new payments now; refunds go on
(define-constant ERR-AMOUNT (err u4003)) ;; an amount is zero or outside the token's limits
(define-constant ERR-TOKEN (err u4004)) ;; not listed, disabled, or not the token agreed
(define-constant ERR-STATE (err u4005)) ;; unknown mode, or the reference is used up
(define-constant ERR-TIME (err u4006)) ;; a period or an expiry is out of range
(define-constant ERR-EXISTS (err u4007)) ;; the reference is stored, paid or canceled already
(define-constant ERR-ASSET-GUARD (err u4008)) ;; the token moved something else than agreed
(define-constant ERR-FEE (err u4009)) ;; above FEE-CAP
(define-constant ERR-BAD-SIGNATURE (err u4010)) ;; not signed by the merchant's key for exactly this
(define-constant ERR-EXPIRED (err u4011)) ;; the offer has ended
(define-constant ERR-WRONG-PAYER (err u4012)) ;; the offer is for another payer
(define-constant ERR-INACTIVE (err u4013)) ;; the merchant takes no payments
(define-constant ERR-REFUND-EXCEEDS (err u4014)) ;; more than was paid and not yet returned
(define-constant ERR-SPLIT (err u4015)) ;; shares above the cap, zero, or twice the same recipient
(define-constant ERR-NOT-OPEN (err u4016)) ;; the merchant takes no payments without an offer
(define-constant ERR-NOT-YET (err u4017)) ;; the payout change is still waiting
(define-constant ERR-PRICE (err u4018)) ;; the price moved: more than the payer's maximum

(define-constant PUSH u0) ;; money goes to the payout address at once
(define-constant HOLD u1) ;; money waits in escrow
(define-constant BPS u10000)
(define-constant FEE-CAP u500)
(define-constant SPLIT-CAP u9000)
(define-constant FEE-MANAGER u5)
(define-constant MIN-HOLD u6) ;; burn blocks, about an hour
(define-constant MAX-HOLD u4320) ;; burn blocks, about thirty days
(define-constant PAYOUT-DELAY u144) ;; burn blocks to notice a stolen key
(define-constant MAX-CENTS u100000000000000) ;; a trillion dollars: no product overflows
(define-constant MAX-AMOUNT u79228162514264337593543950335) ;; 2^96 - 1, as in sluice-tokens
(define-constant CANCELED u0) ;; in by-ref: the reference can no longer be paid
(define-constant SIP018-PREFIX 0x534950303138)

(define-data-var platform-fee-bps uint u100)
(define-data-var last-merchant uint u0)
(define-data-var last-payment uint u0)
(define-data-var seq uint u0)

(define-map merchants uint {
  owner: principal,
  payout: principal,
  signer: (buff 33),
  fee-bps: uint,
  mode: uint,
  hold: uint,
  open: bool,
  active: bool
})
(define-map next-owners uint principal)
(define-map next-payouts uint {to: principal, eta: uint})
(define-map splits uint (list 5 {to: principal, bps: uint}))
(define-map intents {merchant: uint, ref: (buff 32)} {
  token: principal,
  amount: uint,
  expires: uint,
  payer: (optional principal)
})
(define-map by-ref {merchant: uint, ref: (buff 32)} uint) ;; the payment, or CANCELED
(define-map payments uint {
  merchant: uint,
  ref: (buff 32),
  payer: principal,
  token: principal,
  amount: uint,
  fee: uint,
  refunded: uint, ;; by the merchant himself; what escrow returned is counted there
  at: uint,
  escrow: (optional uint)
})

;; --- read-only ---

(define-read-only (get-merchant (id uint))
  (map-get? merchants id)
)

(define-read-only (get-next-owner (id uint))
  (map-get? next-owners id)
)

(define-read-only (get-next-payout (id uint))
  (map-get? next-payouts id)
)

(define-read-only (get-splits (id uint))
  (default-to (list) (map-get? splits id))
)

(define-read-only (get-intent (merchant uint) (ref (buff 32)))
  (map-get? intents {merchant: merchant, ref: ref})
)

(define-read-only (get-payment (id uint))
  (map-get? payments id)
)

;; The payment of a reference; u0 when the merchant canceled it.
(define-read-only (payment-by-ref (merchant uint) (ref (buff 32)))
  (map-get? by-ref {merchant: merchant, ref: ref})
)

(define-read-only (get-last-merchant)
  (var-get last-merchant)
)

(define-read-only (get-last-payment)
  (var-get last-payment)
)

(define-read-only (get-platform-fee)
  (var-get platform-fee-bps)
)

;; The platform's part of a payment to this merchant.
(define-read-only (quote-fee (merchant uint) (amount uint))
  (let ((m (unwrap! (map-get? merchants merchant) ERR-NOT-FOUND)))
    (asserts! (<= amount MAX-AMOUNT) ERR-AMOUNT)
    (ok (share amount (get fee-bps m)))
  )
)

;; What has gone back to the payer, by the merchant and out of escrow.
(define-read-only (get-refunded (payment uint))
  (match (map-get? payments payment)
    p (ok (+ (get refunded p) (get returned (held-by (get escrow p)))))
    ERR-NOT-FOUND
  )
)

;; Units of a token with `decimals` for a price of `cents`, in the merchant's favour.
;; Needs cents <= MAX-CENTS, decimals <= 18 and 0 < price <= MAX-AMOUNT.
(define-read-only (quote-amount (cents uint) (decimals uint) (price uint))
  (/ (+ (* cents (pow u10 (+ u6 decimals))) (- price u1)) price)
)

(define-read-only (domain-hash)
  (sha256 (unwrap-panic (to-consensus-buff? {
    name: "Sluice", version: "1", chain-id: chain-id
  })))
)

;; What the merchant signs to ask for an amount of a token.
(define-read-only (intent-hash
    (merchant uint)
    (ref (buff 32))
    (token principal)
    (amount uint)
    (expires uint)
    (payer (optional principal))
  )
  (structured-hash (sha256 (unwrap-panic (to-consensus-buff? {
    merchant: merchant, ref: ref, token: token, amount: amount, expires: expires,
    payer: payer, contract: current-contract
  }))))
)

;; What the merchant signs to ask for dollars, paid in a token at the price of `asset`.
(define-read-only (quote-hash
    (merchant uint)
    (ref (buff 32))
    (token principal)
    (asset (string-ascii 16))
    (cents uint)
    (expires uint)
    (payer (optional principal))
  )
  (structured-hash (sha256 (unwrap-panic (to-consensus-buff? {
    merchant: merchant, ref: ref, token: token, asset: asset, cents: cents,
    expires: expires, payer: payer, contract: current-contract
  }))))
)

;; Operation ids of the delayed calls.
(define-read-only (op-set-merchant-fee (id uint) (bps uint))
  (sha256 (unwrap-panic (to-consensus-buff? {
    fn: "set-merchant-fee", module: current-contract, id: id, bps: bps
  })))
)

(define-read-only (op-set-platform-fee (bps uint))
  (sha256 (unwrap-panic (to-consensus-buff? {
    fn: "set-platform-fee", module: current-contract, bps: bps
  })))
)

;; --- public: merchants ---

;; Become a merchant.
;; Who: anyone; the caller owns the merchant. `signer` is the key of his shop's server.
;; Holds: mode is PUSH or HOLD; a HOLD lasts MIN-HOLD to MAX-HOLD burn blocks.
;; Prints: merchant.registered {owner, payout, signer, fee-bps, mode, hold}.
(define-public (register-merchant
    (payout principal)
    (signer (buff 33))
    (mode uint)
    (hold uint)
  )
  (let ((id (+ (var-get last-merchant) u1)) (fee-bps (var-get platform-fee-bps)))
    (asserts! (<= mode HOLD) ERR-STATE)
    (asserts!
      (if (is-eq mode HOLD) (and (>= hold MIN-HOLD) (<= hold MAX-HOLD)) (is-eq hold u0))
      ERR-TIME
    )
    (var-set last-merchant id)
    (map-set merchants id {
      owner: contract-caller, payout: payout, signer: signer, fee-bps: fee-bps,
      mode: mode, hold: hold, open: false, active: true
    })
    (print {
      sluice: u1, seq: (next-seq), ev: "merchant.registered", id: id, actor: contract-caller,
      token: current-contract, amount: u0,
      data: {
        owner: contract-caller, payout: payout, signer: signer, fee-bps: fee-bps,
        mode: mode, hold: hold
      }
    })
    (ok id)
  )
)

;; Name the merchant's next owner, who must accept.
;; Who: the merchant's owner. Holds: nothing; a second proposal replaces the first.
;; Prints: merchant.owner-proposed {to}.
(define-public (propose-merchant-owner (id uint) (to principal))
  (begin
    (try! (get-owned id))
    (map-set next-owners id to)
    (print {
      sluice: u1, seq: (next-seq), ev: "merchant.owner-proposed", id: id,
      actor: contract-caller, token: current-contract, amount: u0, data: {to: to}
    })
    (ok true)
  )
)

;; Take the merchant over.
;; Who: the proposed owner. Holds: a proposal is open.
;; Prints: merchant.owner-changed {from, to}.
(define-public (accept-merchant-owner (id uint))
  (let (
      (m (unwrap! (map-get? merchants id) ERR-NOT-FOUND))
      (to (unwrap! (map-get? next-owners id) ERR-NOT-FOUND))
    )
    (asserts! (is-eq contract-caller to) ERR-NOT-AUTHORIZED)
    (map-set merchants id (merge m {owner: to}))
    (map-delete next-owners id)
    (print {
      sluice: u1, seq: (next-seq), ev: "merchant.owner-changed", id: id,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {from: (get owner m), to: to}
    })
    (ok true)
  )
)

;; Ask for another payout address; it may be applied after PAYOUT-DELAY.
;; Who: the merchant's owner. Holds: nothing; a second request replaces the first.
;; Prints: merchant.payout-queued {to, eta}.
(define-public (set-payout (id uint) (to principal))
  (let ((eta (+ burn-block-height PAYOUT-DELAY)))
    (try! (get-owned id))
    (map-set next-payouts id {to: to, eta: eta})
    (print {
      sluice: u1, seq: (next-seq), ev: "merchant.payout-queued", id: id,
      actor: contract-caller, token: current-contract, amount: u0, data: {to: to, eta: eta}
    })
    (ok eta)
  )
)

;; Drop a waiting payout change.
;; Who: the merchant's owner. Holds: one is waiting. Prints: merchant.payout-canceled {to}.
(define-public (cancel-payout (id uint))
  (let ((change (unwrap! (map-get? next-payouts id) ERR-NOT-FOUND)))
    (try! (get-owned id))
    (map-delete next-payouts id)
    (print {
      sluice: u1, seq: (next-seq), ev: "merchant.payout-canceled", id: id,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {to: (get to change)}
    })
    (ok true)
  )
)

;; Put a waiting payout change in force.
;; Who: anyone. Holds: its eta is reached. Prints: merchant.payout-applied {from, to}.
(define-public (apply-payout (id uint))
  (let (
      (m (unwrap! (map-get? merchants id) ERR-NOT-FOUND))
      (change (unwrap! (map-get? next-payouts id) ERR-NOT-FOUND))
    )
    (asserts! (>= burn-block-height (get eta change)) ERR-NOT-YET)
    (map-set merchants id (merge m {payout: (get to change)}))
    (map-delete next-payouts id)
    (print {
      sluice: u1, seq: (next-seq), ev: "merchant.payout-applied", id: id,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {from: (get payout m), to: (get to change)}
    })
    (ok true)
  )
)

;; Change the key that signs offers; what the old key signed is void.
;; Who: the merchant's owner. Holds: nothing. Prints: merchant.signer-set {signer}.
(define-public (set-signer (id uint) (signer (buff 33)))
  (let ((m (try! (get-owned id))))
    (map-set merchants id (merge m {signer: signer}))
    (print {
      sluice: u1, seq: (next-seq), ev: "merchant.signer-set", id: id,
      actor: contract-caller, token: current-contract, amount: u0, data: {signer: signer}
    })
    (ok true)
  )
)

;; Start or stop taking payments. Refunds always work.
;; Who: the merchant's owner. Holds: nothing. Prints: merchant.active-set {active}.
(define-public (set-active (id uint) (active bool))
  (let ((m (try! (get-owned id))))
    (map-set merchants id (merge m {active: active}))
    (print {
      sluice: u1, seq: (next-seq), ev: "merchant.active-set", id: id,
      actor: contract-caller, token: current-contract, amount: u0, data: {active: active}
    })
    (ok true)
  )
)

;; Allow or forbid payments without an offer (tips, donations).
;; Who: the merchant's owner. Holds: nothing. Prints: merchant.open-set {open}.
(define-public (set-open (id uint) (open bool))
  (let ((m (try! (get-owned id))))
    (map-set merchants id (merge m {open: open}))
    (print {
      sluice: u1, seq: (next-seq), ev: "merchant.open-set", id: id,
      actor: contract-caller, token: current-contract, amount: u0, data: {open: open}
    })
    (ok true)
  )
)

;; Share every later payment with up to five others.
;; Who: the merchant's owner. Holds: PUSH mode (an escrow has one payee); each share > 0,
;; no recipient twice, together at most SPLIT-CAP. Prints: merchant.splits-set {splits}.
(define-public (set-splits (id uint) (shares (list 5 {to: principal, bps: uint})))
  (let (
      (m (try! (get-owned id)))
      (sum (try! (fold add-split shares (ok {seen: (list), bps: u0}))))
    )
    (asserts! (or (is-eq (get mode m) PUSH) (is-eq (len shares) u0)) ERR-SPLIT)
    (asserts! (<= (get bps sum) SPLIT-CAP) ERR-SPLIT)
    (map-set splits id shares)
    (print {
      sluice: u1, seq: (next-seq), ev: "merchant.splits-set", id: id,
      actor: contract-caller, token: current-contract, amount: u0, data: {splits: shares}
    })
    (ok true)
  )
)

;; --- public: offers ---

;; Store what a reference must pay.
;; Who: the merchant's owner. Holds: the reference is new; the token is listed; amount > 0;
;; expires lies ahead. Prints: intent.created {ref, expires, payer}.
(define-public (create-intent
    (merchant uint)
    (ref (buff 32))
    (token <ft>)
    (amount uint)
    (expires uint)
    (payer (optional principal))
  )
  (let ((key {merchant: merchant, ref: ref}) (asset (contract-of token)))
    (try! (get-owned merchant))
    (asserts! (is-some (contract-call? .sluice-tokens lookup asset)) ERR-TOKEN)
    (asserts! (> amount u0) ERR-AMOUNT)
    (asserts! (> expires stacks-block-time) ERR-TIME)
    (asserts! (is-none (map-get? by-ref key)) ERR-EXISTS)
    (asserts!
      (map-insert intents key {token: asset, amount: amount, expires: expires, payer: payer})
      ERR-EXISTS
    )
    (print {
      sluice: u1, seq: (next-seq), ev: "intent.created", id: merchant,
      actor: contract-caller, token: asset, amount: amount,
      data: {ref: ref, expires: expires, payer: payer}
    })
    (ok true)
  )
)

;; Make a reference unpayable: the stored intent, or whatever was signed for it.
;; Who: the merchant's owner. Holds: neither paid nor canceled. Prints: intent.canceled {ref}.
(define-public (cancel-intent (merchant uint) (ref (buff 32)))
  (begin
    (try! (get-owned merchant))
    (asserts! (map-insert by-ref {merchant: merchant, ref: ref} CANCELED) ERR-STATE)
    (print {
      sluice: u1, seq: (next-seq), ev: "intent.canceled", id: merchant,
      actor: contract-caller, token: current-contract, amount: u0, data: {ref: ref}
    })
    (ok true)
  )
)

;; --- public: payments ---

;; Pay a stored intent.
;; Who: anyone, or the payer it names; tx-sender pays.
;; Holds: not expired, not paid, not canceled; the intent's token.
;; Prints: payment.settled {merchant, ref, payer, payout, fee, split-total, mode, escrow, open}.
(define-public (pay-intent (merchant uint) (ref (buff 32)) (token <ft>))
  (let (
      (intent (unwrap! (map-get? intents {merchant: merchant, ref: ref}) ERR-NOT-FOUND))
    )
    (asserts! (is-eq (contract-of token) (get token intent)) ERR-TOKEN)
    (try! (assert-offer tx-sender (get payer intent) (get expires intent)))
    (settle-once merchant ref token (get amount intent))
  )
)

;; Pay an offer the merchant's key has signed (SIP-018).
;; Who: anyone, or the payer it names; tx-sender pays.
;; Holds: the signature covers exactly these arguments; not expired, paid or canceled.
;; Prints: payment.settled {merchant, ref, payer, payout, fee, split-total, mode, escrow, open}.
(define-public (pay-signed
    (merchant uint)
    (ref (buff 32))
    (token <ft>)
    (amount uint)
    (expires uint)
    (payer (optional principal))
    (signature (buff 65))
  )
  (begin
    (try! (assert-offer tx-sender payer expires))
    (try! (assert-signed merchant signature
      (intent-hash merchant ref (contract-of token) amount expires payer)
    ))
    (settle-once merchant ref token amount)
  )
)

;; Pay a signed offer in dollars at the oracle's price.
;; Who: anyone, or the payer it names; tx-sender pays.
;; Holds: as pay-signed; the oracle has a fresh price of `asset`; not more than max-amount.
;; Prints: payment.settled {merchant, ref, payer, payout, fee, split-total, mode, escrow, open}.
(define-public (pay-quoted
    (merchant uint)
    (ref (buff 32))
    (token <ft>)
    (asset (string-ascii 16))
    (cents uint)
    (max-amount uint)
    (expires uint)
    (payer (optional principal))
    (signature (buff 65))
    (source-a <price-source>)
    (source-b <price-source>)
  )
  (let (
      (row (unwrap! (contract-call? .sluice-tokens lookup (contract-of token)) ERR-TOKEN))
      (quote (try! (contract-call? .sluice-oracle read-usd asset source-a source-b)))
    )
    (asserts! (<= cents MAX-CENTS) ERR-AMOUNT)
    (try! (assert-offer tx-sender payer expires))
    (try! (assert-signed merchant signature
      (quote-hash merchant ref (contract-of token) asset cents expires payer)
    ))
    (let ((amount (quote-amount cents (get decimals row) (get price quote))))
      (asserts! (<= amount max-amount) ERR-PRICE)
      (settle-once merchant ref token amount)
    )
  )
)

;; Pay without an offer: a tip or a donation. The memo is a note, not a reference, even if it
;; reads like one: the event says open, and only other payments settle a reference.
;; Who: anyone; tx-sender pays. Holds: the merchant is open to it.
;; Prints: payment.settled {merchant, ref, payer, payout, fee, split-total, mode, escrow, open}.
(define-public (pay-open (merchant uint) (token <ft>) (amount uint) (memo (buff 32)))
  (let ((m (unwrap! (map-get? merchants merchant) ERR-NOT-FOUND)))
    (asserts! (get open m) ERR-NOT-OPEN)
    (settle (+ (var-get last-payment) u1) merchant memo token amount true)
  )
)

;; Give money back to the payer: first what escrow still holds of the payment, then from
;; tx-sender. The platform fee is not returned.
;; Who: the merchant's owner. Holds: the payment's token; amount > 0; together with earlier
;; refunds not more than was paid. Prints: payment.refunded {ref, to, from-hold, total-refunded}.
(define-public (refund (payment uint) (token <ft>) (amount uint))
  (let (
      (p (unwrap! (map-get? payments payment) ERR-NOT-FOUND))
      (held (held-by (get escrow p)))
      (from-hold (if (< amount (get left held)) amount (get left held)))
      (from-merchant (- amount from-hold))
      (before (+ (get refunded p) (get returned held)))
    )
    (try! (get-owned (get merchant p)))
    (asserts! (is-eq (contract-of token) (get token p)) ERR-TOKEN)
    (asserts! (> amount u0) ERR-AMOUNT)
    (asserts! (<= amount (- (get amount p) before)) ERR-REFUND-EXCEEDS)
    (map-set payments payment (merge p {refunded: (+ (get refunded p) from-merchant)}))
    (try! (return-held (get escrow p) token from-hold))
    (try! (return-own token from-merchant (get payer p) (get ref p)))
    (print {
      sluice: u1, seq: (next-seq), ev: "payment.refunded", id: payment,
      actor: contract-caller, token: (get token p), amount: amount,
      data: {
        ref: (get ref p), to: (get payer p), from-hold: from-hold,
        total-refunded: (+ before amount)
      }
    })
    (ok (+ before amount))
  )
)

;; --- public: fees ---

;; Set one merchant's fee for later payments.
;; Who: a FEE-MANAGER, with a due operation op-set-merchant-fee. Holds: bps <= FEE-CAP.
;; Prints: merchant.fee-set {bps}.
(define-public (set-merchant-fee (id uint) (bps uint))
  (let ((m (unwrap! (map-get? merchants id) ERR-NOT-FOUND)))
    (try! (use-fee-op bps (op-set-merchant-fee id bps)))
    (map-set merchants id (merge m {fee-bps: bps}))
    (print {
      sluice: u1, seq: (next-seq), ev: "merchant.fee-set", id: id, actor: contract-caller,
      token: current-contract, amount: u0, data: {bps: bps}
    })
    (ok true)
  )
)

;; Set the fee of merchants who register from now on.
;; Who: a FEE-MANAGER, with a due operation op-set-platform-fee. Holds: bps <= FEE-CAP.
;; Prints: gateway.fee-set {bps}.
(define-public (set-platform-fee (bps uint))
  (begin
    (try! (use-fee-op bps (op-set-platform-fee bps)))
    (var-set platform-fee-bps bps)
    (print {
      sluice: u1, seq: (next-seq), ev: "gateway.fee-set", id: u0, actor: contract-caller,
      token: current-contract, amount: u0, data: {bps: bps}
    })
    (ok true)
  )
)

;; --- private: settling ---

;; Settle under a reference that can be used only once.
(define-private (settle-once (merchant uint) (ref (buff 32)) (token <ft>) (amount uint))
  (let ((id (+ (var-get last-payment) u1)))
    (asserts! (map-insert by-ref {merchant: merchant, ref: ref} id) ERR-EXISTS)
    (settle id merchant ref token amount false)
  )
)

;; Move the money and write the payment down. tx-sender can lose exactly `amount` by it.
(define-private (settle
    (id uint)
    (merchant uint)
    (ref (buff 32))
    (token <ft>)
    (amount uint)
    (open bool)
  )
  (let (
      (asset (contract-of token))
      (m (unwrap! (map-get? merchants merchant) ERR-NOT-FOUND))
      (row (unwrap! (contract-call? .sluice-tokens lookup asset) ERR-TOKEN))
    )
    (asserts! (contract-call? .sluice-access accepts-money current-contract) ERR-PAUSED)
    (asserts! (get active m) ERR-INACTIVE)
    (asserts! (get enabled row) ERR-TOKEN)
    (asserts! (and (>= amount (get min row)) (<= amount (get max row))) ERR-AMOUNT)
    (let ((fee (share amount (get fee-bps m))) (net (- amount fee)))
      (var-set last-payment id)
      (map-set payments id {
        merchant: merchant, ref: ref, payer: tx-sender, token: asset, amount: amount,
        fee: fee, refunded: u0, at: stacks-block-time, escrow: none
      })
      (let (
          (moved (unwrap!
            (restrict-assets? tx-sender (
                (with-ft asset (get asset row) (if (get stx row) u0 amount))
                (with-stx (if (get stx row) amount u0))
              )
              (try! (pay token fee .sluice-treasury ref))
              (if (is-eq (get mode m) HOLD)
                (try! (hold-net id token net (get payout m) (get hold m)))
                (try! (push-net token net (get payout m) (get-splits merchant) ref))
              )
            )
            ERR-ASSET-GUARD
          ))
        )
        (print {
          sluice: u1, seq: (next-seq), ev: "payment.settled", id: id, actor: contract-caller,
          token: asset, amount: amount,
          data: {
            merchant: merchant, ref: ref, payer: tx-sender, payout: (get payout m), fee: fee,
            split-total: (get split-total moved), mode: (get mode m), escrow: (get escrow moved),
            open: open
          }
        })
        (ok id)
      )
    )
  )
)

;; PUSH: the splits, then the rest to the payout address, which must really receive it.
(define-private (push-net
    (token <ft>)
    (net uint)
    (payout principal)
    (shares (list 5 {to: principal, bps: uint}))
    (ref (buff 32))
  )
  (let (
      (split-total (+
        (try! (pay-split token net (element-at? shares u0) ref))
        (try! (pay-split token net (element-at? shares u1) ref))
        (try! (pay-split token net (element-at? shares u2) ref))
        (try! (pay-split token net (element-at? shares u3) ref))
        (try! (pay-split token net (element-at? shares u4) ref))
      ))
      (before (unwrap! (contract-call? token get-balance payout) ERR-TOKEN))
      (rest (try! (pay token (- net split-total) payout ref)))
      (after (unwrap! (contract-call? token get-balance payout) ERR-TOKEN))
    )
    (asserts! (is-eq after (+ before rest)) ERR-ASSET-GUARD)
    (ok {split-total: split-total, escrow: none})
  )
)

;; HOLD: everything after the fee waits in escrow for the payout address.
(define-private (hold-net (id uint) (token <ft>) (net uint) (payout principal) (hold uint))
  (let (
      (p (unwrap! (map-get? payments id) ERR-NOT-FOUND))
      (escrow (some (try! (contract-call? .sluice-escrow open-for token payout net hold id))))
    )
    (map-set payments id (merge p {escrow: escrow}))
    (ok {split-total: u0, escrow: escrow})
  )
)

(define-private (pay-split
    (token <ft>)
    (net uint)
    (split (optional {to: principal, bps: uint}))
    (ref (buff 32))
  )
  (match split
    s (pay token (share net (get bps s)) (get to s) ref)
    (ok u0)
  )
)

(define-private (pay (token <ft>) (amount uint) (to principal) (ref (buff 32)))
  (begin
    (if (is-eq amount u0)
      true
      (try! (contract-call? token transfer amount tx-sender to (some ref)))
    )
    (ok amount)
  )
)

;; --- private: refunds ---

;; What escrow still holds of a payment, and what it gave back to the payer.
(define-private (held-by (escrow (optional uint)))
  (match escrow
    id (match (contract-call? .sluice-escrow get-escrow id)
      e {left: (- (get amount e) (get paid e) (get returned e)), returned: (get returned e)}
      {left: u0, returned: u0}
    )
    {left: u0, returned: u0}
  )
)

(define-private (return-held (escrow (optional uint)) (token <ft>) (amount uint))
  (match escrow
    id (if (is-eq amount u0)
      (ok true)
      (contract-call? .sluice-escrow refund-part id token amount)
    )
    (ok true)
  )
)

(define-private (return-own (token <ft>) (amount uint) (to principal) (ref (buff 32)))
  (let (
      (asset (contract-of token))
      (row (unwrap! (contract-call? .sluice-tokens lookup asset) ERR-TOKEN))
    )
    (unwrap!
      (restrict-assets? tx-sender (
          (with-ft asset (get asset row) (if (get stx row) u0 amount))
          (with-stx (if (get stx row) amount u0))
        )
        (try! (pay token amount to ref))
      )
      ERR-ASSET-GUARD
    )
    (ok true)
  )
)

;; --- private: checks ---

(define-private (get-owned (id uint))
  (let ((m (unwrap! (map-get? merchants id) ERR-NOT-FOUND)))
    (asserts! (is-eq contract-caller (get owner m)) ERR-NOT-AUTHORIZED)
    (ok m)
  )
)

;; An offer is for anyone, or for one payer, until it ends.
(define-private (assert-offer
    (source principal)
    (payer (optional principal))
    (expires uint)
  )
  (begin
    (asserts! (< stacks-block-time expires) ERR-EXPIRED)
    (ok (asserts! (is-eq source (default-to source payer)) ERR-WRONG-PAYER))
  )
)

(define-private (assert-signed (merchant uint) (signature (buff 65)) (hash (buff 32)))
  (let ((m (unwrap! (map-get? merchants merchant) ERR-NOT-FOUND)))
    (ok (asserts!
      (is-eq (secp256k1-recover? hash signature) (ok (get signer m)))
      ERR-BAD-SIGNATURE
    ))
  )
)

(define-private (use-fee-op (bps uint) (op (buff 32)))
  (begin
    (asserts!
      (contract-call? .sluice-access has-role FEE-MANAGER contract-caller)
      ERR-NOT-AUTHORIZED
    )
    (asserts! (<= bps FEE-CAP) ERR-FEE)
    (contract-call? .sluice-access consume op)
  )
)

(define-private (add-split
    (split {to: principal, bps: uint})
    (sum (response {seen: (list 5 principal), bps: uint} uint))
  )
  (let ((so-far (try! sum)) (to (get to split)) (seen (get seen so-far)))
    (asserts! (> (get bps split) u0) ERR-SPLIT)
    (asserts! (is-none (index-of? seen to)) ERR-SPLIT)
    (ok {
      seen: (unwrap! (as-max-len? (append seen to) u5) ERR-SPLIT),
      bps: (+ (get bps so-far) (get bps split))
    })
  )
)

;; --- private: arithmetic ---

(define-private (structured-hash (message (buff 32)))
  (sha256 (concat (concat SIP018-PREFIX (domain-hash)) message))
)

(define-private (share (amount uint) (bps uint))
  (/ (* amount bps) BPS)
)

(define-private (next-seq)
  (let ((n (+ (var-get seq) u1)))
    (var-set seq n)
    n
  )
)
