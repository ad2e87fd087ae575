;; sluice-escrow: money held between a payer and a payee until they agree, a
;; deadline passes, or an arbiter decides. All clocks are Bitcoin blocks.
;;
;;   FUNDED -> ACTIVE -> DELIVERED -> RELEASED | REFUNDED | DISPUTED -> SPLIT
;;   FUNDED -> CANCELED; every open state may also be released, refunded or
;;   split by the parties; a missed deadline gives the money back.
;;
;; Naming sluice-access as arbiter means: any holder of its ARBITER role.
;; Every escrow ends without any admin: each open state has a deadline after
;; which anybody may close it.

(use-trait ft .sluice-traits.sip010)

(define-constant ERR-NOT-AUTHORIZED (err u5000)) ;; the caller is not the party who may do this
(define-constant ERR-NOT-FOUND (err u5001)) ;; no such escrow
(define-constant ERR-PAUSED (err u5002)) ;; no new escrows now; exits go on
(define-constant ERR-AMOUNT (err u5003)) ;; an amount or a share is out of range
(define-constant ERR-TOKEN (err u5004)) ;; not listed, disabled, or not this escrow's token
(define-constant ERR-STATE (err u5005)) ;; the escrow is not in a state for this
(define-constant ERR-TIME (err u5006)) ;; too early, too late, or a period out of range
(define-constant ERR-ASSET-GUARD (err u5008)) ;; the token moved something else than agreed
(define-constant ERR-FEE (err u5009)) ;; above FEE-CAP
(define-constant ERR-SAME-PARTY (err u5010)) ;; payer, payee and arbiter must be three
(define-constant ERR-WINDOW (err u5011)) ;; the arbiter's time is over: only the default split
(define-constant ERR-NOT-DISPUTED (err u5012)) ;; nothing to resolve
(define-constant ERR-SPLIT-MISMATCH (err u5013)) ;; not the split the other party proposed

(define-constant FUNDED u1)
(define-constant ACTIVE u2)
(define-constant DELIVERED u3)
(define-constant RELEASED u4)
(define-constant REFUNDED u5)
(define-constant DISPUTED u6)
(define-constant SPLIT u7)
(define-constant CANCELED u8)

(define-constant BPS u10000)
(define-constant FEE-CAP u500)
(define-constant FEE-MANAGER u5)
(define-constant ARBITER u3)
(define-constant HOLD-ARB-WINDOW u1008) ;; burn blocks the platform has to judge a held payment
(define-constant HOLD-DEFAULT-BPS u5000) ;; its silence favours neither side

(define-data-var fee-bps uint u100)
(define-data-var last-id uint u0)
(define-data-var seq uint u0)

(define-map escrows uint {
  payer: principal,
  payee: principal,
  arbiter: principal,
  token: principal,
  amount: uint,
  paid: uint, ;; to the payee so far, platform fee included
  returned: uint, ;; to the payer so far
  fee-bps: uint,
  state: uint,
  deliver-by: uint,
  review: uint,
  release-at: uint,
  arb-window: uint,
  arb-until: uint,
  default-payee-bps: uint,
  proposal: (optional {by: principal, payee-bps: uint}),
  source: (optional uint) ;; the gateway payment it holds
})
(define-map liabilities principal uint)

;; --- read-only ---

(define-read-only (get-escrow (id uint))
  (map-get? escrows id)
)

(define-read-only (get-last-id)
  (var-get last-id)
)

(define-read-only (get-fee-bps)
  (var-get fee-bps)
)

(define-read-only (get-liability (asset principal))
  (default-to u0 (map-get? liabilities asset))
)

;; What an escrow still holds.
(define-read-only (get-left (id uint))
  (match (map-get? escrows id)
    e (- (get amount e) (get paid e) (get returned e))
    u0
  )
)

(define-read-only (op-set-fee (bps uint))
  (sha256 (unwrap-panic (to-consensus-buff? {
    fn: "set-fee", module: current-contract, bps: bps
  })))
)

;; --- public: entry ---

;; Put money in escrow.
;; Who: anyone; tx-sender pays and is the payer.
;; Holds: payer, payee and arbiter differ; 6 <= deliver-in <= 52560, 6 <= review <= 4320,
;; 144 <= arb-window <= 8640 burn blocks; default-payee-bps <= 10000.
;; Prints: escrow.funded {payer, payee, arbiter, fee-bps, state, deliver-by, review, release-at,
;; arb-window, default-payee-bps, source}.
(define-public (open
    (token <ft>)
    (payee principal)
    (arbiter principal)
    (amount uint)
    (deliver-in uint)
    (review uint)
    (arb-window uint)
    (default-payee-bps uint)
  )
  (begin
    (asserts! (and (>= deliver-in u6) (<= deliver-in u52560)) ERR-TIME)
    (asserts! (and (>= review u6) (<= review u4320)) ERR-TIME)
    (asserts! (and (>= arb-window u144) (<= arb-window u8640)) ERR-TIME)
    (asserts! (<= default-payee-bps BPS) ERR-AMOUNT)
    (fund token payee arbiter amount
      {state: FUNDED, deliver-in: deliver-in, review: review, release-at: u0}
      {window: arb-window, default-payee-bps: default-payee-bps}
      (var-get fee-bps) none
    )
  )
)

;; Hold a gateway payment: already accepted and delivered, released after `hold` blocks.
;; Who: sluice-gateway; tx-sender pays and is the payer.
;; Holds: payer and payee differ; the gateway bounds `hold`.
;; Prints: escrow.funded, with no further fee: the gateway took it.
(define-public (open-for (token <ft>) (payee principal) (amount uint) (hold uint) (source uint))
  (begin
    (asserts! (is-eq contract-caller .sluice-gateway) ERR-NOT-AUTHORIZED)
    (fund token payee .sluice-access amount
      {state: DELIVERED, deliver-in: u0, review: hold, release-at: (+ burn-block-height hold)}
      {window: HOLD-ARB-WINDOW, default-payee-bps: HOLD-DEFAULT-BPS}
      u0 (some source)
    )
  )
)

;; --- public: on the way ---

;; Agree to the terms and the arbiter.
;; Who: payee. Holds: FUNDED, before deliver-by. Prints: escrow.accepted {deliver-by}.
(define-public (accept (id uint))
  (let ((e (try! (get-open id))))
    (asserts! (is-eq contract-caller (get payee e)) ERR-NOT-AUTHORIZED)
    (asserts! (is-eq (get state e) FUNDED) ERR-STATE)
    (asserts! (< burn-block-height (get deliver-by e)) ERR-TIME)
    (map-set escrows id (merge e {state: ACTIVE, proposal: none}))
    (print {
      sluice: u1, seq: (next-seq), ev: "escrow.accepted", id: id, actor: contract-caller,
      token: (get token e), amount: (get amount e), data: {deliver-by: (get deliver-by e)}
    })
    (ok true)
  )
)

;; Declare delivery; the payer has `review` blocks to object.
;; Who: payee. Holds: ACTIVE, before deliver-by. Prints: escrow.delivered {evidence, release-at}.
(define-public (deliver (id uint) (evidence (buff 32)))
  (let ((e (try! (get-open id))) (release-at (+ burn-block-height (get review e))))
    (asserts! (is-eq contract-caller (get payee e)) ERR-NOT-AUTHORIZED)
    (asserts! (is-eq (get state e) ACTIVE) ERR-STATE)
    (asserts! (< burn-block-height (get deliver-by e)) ERR-TIME)
    (map-set escrows id
      (merge e {state: DELIVERED, release-at: release-at, proposal: none})
    )
    (print {
      sluice: u1, seq: (next-seq), ev: "escrow.delivered", id: id, actor: contract-caller,
      token: (get token e), amount: (get-left id),
      data: {evidence: evidence, release-at: release-at}
    })
    (ok release-at)
  )
)

;; Call the arbiter.
;; Who: payer or payee. Holds: ACTIVE before deliver-by, or DELIVERED before release-at.
;; Prints: escrow.disputed {evidence, arb-until}.
(define-public (dispute (id uint) (evidence (buff 32)))
  (let ((e (try! (get-open id))) (arb-until (+ burn-block-height (get arb-window e))))
    (try! (assert-party (get payer e) (get payee e)))
    (asserts! (or (is-eq (get state e) ACTIVE) (is-eq (get state e) DELIVERED)) ERR-STATE)
    (asserts!
      (< burn-block-height
        (if (is-eq (get state e) ACTIVE) (get deliver-by e) (get release-at e))
      )
      ERR-TIME
    )
    (map-set escrows id
      (merge e {state: DISPUTED, arb-until: arb-until, proposal: none})
    )
    (print {
      sluice: u1, seq: (next-seq), ev: "escrow.disputed", id: id, actor: contract-caller,
      token: (get token e), amount: (get-left id),
      data: {evidence: evidence, arb-until: arb-until}
    })
    (ok arb-until)
  )
)

;; Offer the other party a split of what is left; a new offer replaces the old one, and an offer
;; ends when the escrow is accepted, delivered or disputed: it was made for another situation.
;; Who: payer or payee. Holds: any open state; payee-bps <= 10000.
;; Prints: escrow.split-proposed {payee-bps}.
(define-public (propose-split (id uint) (payee-bps uint))
  (let ((e (try! (get-open id))))
    (try! (assert-party (get payer e) (get payee e)))
    (asserts! (<= payee-bps BPS) ERR-AMOUNT)
    (map-set escrows id
      (merge e {proposal: (some {by: contract-caller, payee-bps: payee-bps})})
    )
    (print {
      sluice: u1, seq: (next-seq), ev: "escrow.split-proposed", id: id, actor: contract-caller,
      token: (get token e), amount: (get-left id), data: {payee-bps: payee-bps}
    })
    (ok true)
  )
)

;; --- public: exits ---

;; Take the money back before the payee has agreed.
;; Who: payer. Holds: FUNDED. Prints: escrow.closed.
(define-public (cancel (id uint) (token <ft>))
  (let ((e (try! (get-open id))))
    (asserts! (is-eq contract-caller (get payer e)) ERR-NOT-AUTHORIZED)
    (asserts! (is-eq (get state e) FUNDED) ERR-STATE)
    (close id token CANCELED u0)
  )
)

;; Pay the payee everything that is left.
;; Who: payer in any open state; anyone once DELIVERED and release-at is reached.
;; Holds: open. Prints: escrow.closed {state, to-payee, to-payer, fee}.
(define-public (release (id uint) (token <ft>))
  (let ((e (try! (get-open id))))
    (asserts!
      (or
        (is-eq contract-caller (get payer e))
        (and (is-eq (get state e) DELIVERED) (>= burn-block-height (get release-at e)))
      )
      ERR-NOT-AUTHORIZED
    )
    (close id token RELEASED BPS)
  )
)

;; Pay the payee a part; the rest stays in escrow.
;; Who: payer. Holds: any open state; 0 < amount < what is left.
;; Prints: escrow.part-released {to-payee, fee, left}.
(define-public (release-part (id uint) (token <ft>) (amount uint))
  (let ((e (try! (get-open id))) (left (get-left id)))
    (asserts! (is-eq contract-caller (get payer e)) ERR-NOT-AUTHORIZED)
    (asserts! (is-eq (contract-of token) (get token e)) ERR-TOKEN)
    (asserts! (and (> amount u0) (< amount left)) ERR-AMOUNT)
    (let (
        (fee (fee-on (get paid e) amount (get fee-bps e)))
        (to-payee (- amount fee))
      )
      (map-set escrows id (merge e {paid: (+ (get paid e) amount)}))
      (try! (push-parts token {to: (get payee e), amount: to-payee}
        {to: (get payer e), amount: u0} {to: .sluice-treasury, amount: fee}
      ))
      (print {
        sluice: u1, seq: (next-seq), ev: "escrow.part-released", id: id,
        actor: contract-caller, token: (get token e), amount: amount,
        data: {to-payee: to-payee, fee: fee, left: (- left amount)}
      })
      (ok true)
    )
  )
)

;; Give the payer everything that is left.
;; Who: payee. Holds: open. Prints: escrow.closed {state, to-payee, to-payer, fee}.
(define-public (refund (id uint) (token <ft>))
  (let ((e (try! (get-open id))))
    (asserts! (is-eq contract-caller (get payee e)) ERR-NOT-AUTHORIZED)
    (close id token REFUNDED u0)
  )
)

;; Give the payer a part, or all that is left.
;; Who: payee, or sluice-gateway for a payment it holds (it asks the merchant).
;; Holds: any open state; 0 < amount <= what is left.
;; Prints: escrow.part-refunded {to-payer, left}, or escrow.closed when nothing is left.
(define-public (refund-part (id uint) (token <ft>) (amount uint))
  (let ((e (try! (get-open id))) (left (get-left id)))
    (asserts!
      (or
        (is-eq contract-caller (get payee e))
        (and (is-some (get source e)) (is-eq contract-caller .sluice-gateway))
      )
      ERR-NOT-AUTHORIZED
    )
    (asserts! (is-eq (contract-of token) (get token e)) ERR-TOKEN)
    (asserts! (and (> amount u0) (<= amount left)) ERR-AMOUNT)
    (if (is-eq amount left)
      (close id token REFUNDED u0)
      (begin
        (map-set escrows id (merge e {returned: (+ (get returned e) amount)}))
        (try! (push token amount (get payer e)))
        (print {
          sluice: u1, seq: (next-seq), ev: "escrow.part-refunded", id: id,
          actor: contract-caller, token: (get token e), amount: amount,
          data: {to-payer: amount, left: (- left amount)}
        })
        (ok true)
      )
    )
  )
)

;; Give the payer his money back after a missed delivery.
;; Who: anyone. Holds: FUNDED or ACTIVE, and deliver-by reached.
;; Prints: escrow.closed {state, to-payee, to-payer, fee}.
(define-public (reclaim (id uint) (token <ft>))
  (let ((e (try! (get-open id))))
    (asserts! (or (is-eq (get state e) FUNDED) (is-eq (get state e) ACTIVE)) ERR-STATE)
    (asserts! (>= burn-block-height (get deliver-by e)) ERR-TIME)
    (close id token REFUNDED u0)
  )
)

;; Settle as the other party proposed, without the arbiter.
;; Who: the party who did not propose. Holds: open, and payee-bps equals the open proposal.
;; Prints: escrow.closed {state, to-payee, to-payer, fee}.
(define-public (accept-split (id uint) (token <ft>) (payee-bps uint))
  (let (
      (e (try! (get-open id)))
      (proposal (unwrap! (get proposal e) ERR-SPLIT-MISMATCH))
    )
    (try! (assert-party (get payer e) (get payee e)))
    (asserts! (not (is-eq contract-caller (get by proposal))) ERR-NOT-AUTHORIZED)
    (asserts! (is-eq payee-bps (get payee-bps proposal)) ERR-SPLIT-MISMATCH)
    (close id token SPLIT payee-bps)
  )
)

;; Decide a dispute.
;; Who: the arbiter, if he is no party, before arb-until; anyone after it, with the default split.
;; Holds: DISPUTED; payee-bps <= 10000. Prints: escrow.closed {state, to-payee, to-payer, fee}.
(define-public (resolve (id uint) (token <ft>) (payee-bps uint))
  (let ((e (try! (get-open id))))
    (asserts! (is-eq (get state e) DISPUTED) ERR-NOT-DISPUTED)
    (asserts! (<= payee-bps BPS) ERR-AMOUNT)
    (if (< burn-block-height (get arb-until e))
      (asserts!
        (and (is-arbiter (get arbiter e)) (is-err (assert-party (get payer e) (get payee e))))
        ERR-NOT-AUTHORIZED
      )
      (asserts! (is-eq payee-bps (get default-payee-bps e)) ERR-WINDOW)
    )
    (close id token SPLIT payee-bps)
  )
)

;; Send what was given to this contract by mistake to the treasury.
;; Who: anyone. Holds: the balance exceeds what is owed. Prints: escrow.skimmed {to}.
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
      sluice: u1, seq: (next-seq), ev: "escrow.skimmed", id: u0, actor: contract-caller,
      token: asset, amount: (- held owed), data: {to: .sluice-treasury}
    })
    (ok (- held owed))
  )
)

;; --- public: the fee ---

;; Set the fee of escrows opened from now on.
;; Who: a FEE-MANAGER, with a due operation op-set-fee. Holds: bps <= FEE-CAP.
;; Prints: escrow.fee-set {bps}.
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
      sluice: u1, seq: (next-seq), ev: "escrow.fee-set", id: u0, actor: contract-caller,
      token: current-contract, amount: u0, data: {bps: bps}
    })
    (ok true)
  )
)

;; --- private ---

(define-private (fund
    (token <ft>)
    (payee principal)
    (arbiter principal)
    (amount uint)
    (terms {state: uint, deliver-in: uint, review: uint, release-at: uint})
    (arbitration {window: uint, default-payee-bps: uint})
    (bps uint)
    (source (optional uint))
  )
  (let (
      (id (+ (var-get last-id) u1))
      (asset (contract-of token))
      (deliver-by (+ burn-block-height (get deliver-in terms)))
      (default-payee-bps (get default-payee-bps arbitration))
    )
    (asserts! (contract-call? .sluice-access accepts-money current-contract) ERR-PAUSED)
    (try! (assert-distinct tx-sender payee arbiter))
    (var-set last-id id)
    (map-set escrows id {
      payer: tx-sender, payee: payee, arbiter: arbiter, token: asset,
      amount: amount, paid: u0, returned: u0, fee-bps: bps, state: (get state terms),
      deliver-by: deliver-by, review: (get review terms), release-at: (get release-at terms),
      arb-window: (get window arbitration), arb-until: u0,
      default-payee-bps: default-payee-bps, proposal: none, source: source
    })
    (try! (pull token amount))
    (print {
      sluice: u1, seq: (next-seq), ev: "escrow.funded", id: id, actor: contract-caller,
      token: asset, amount: amount,
      data: {
        payer: tx-sender, payee: payee, arbiter: arbiter, fee-bps: bps,
        state: (get state terms), deliver-by: deliver-by, review: (get review terms),
        release-at: (get release-at terms), arb-window: (get window arbitration),
        default-payee-bps: default-payee-bps, source: source
      }
    })
    (ok id)
  )
)

;; End an escrow: the payee gets his share of what is left, the payer the rest.
(define-private (close (id uint) (token <ft>) (state uint) (payee-bps uint))
  (let (
      (e (unwrap! (map-get? escrows id) ERR-NOT-FOUND))
      (left (- (get amount e) (get paid e) (get returned e)))
      (gross (share left payee-bps))
      (to-payer (- left gross))
      (fee (fee-on (get paid e) gross (get fee-bps e)))
      (to-payee (- gross fee))
    )
    (asserts! (is-eq (contract-of token) (get token e)) ERR-TOKEN)
    (map-set escrows id (merge e {
      state: state, paid: (+ (get paid e) gross), returned: (+ (get returned e) to-payer),
      proposal: none
    }))
    (try! (push-parts token {to: (get payee e), amount: to-payee}
      {to: (get payer e), amount: to-payer} {to: .sluice-treasury, amount: fee}
    ))
    (print {
      sluice: u1, seq: (next-seq), ev: "escrow.closed", id: id, actor: contract-caller,
      token: (get token e), amount: left,
      data: {state: state, to-payee: to-payee, to-payer: to-payer, fee: fee}
    })
    (ok true)
  )
)

(define-private (get-open (id uint))
  (let ((e (unwrap! (map-get? escrows id) ERR-NOT-FOUND)) (state (get state e)))
    (asserts! (or (<= state DELIVERED) (is-eq state DISPUTED)) ERR-STATE)
    (ok e)
  )
)

(define-private (assert-distinct (payer principal) (payee principal) (arbiter principal))
  (ok (asserts!
    (not (or (is-eq payer payee) (is-eq payer arbiter) (is-eq payee arbiter)))
    ERR-SAME-PARTY
  ))
)

(define-private (assert-party (payer principal) (payee principal))
  (ok (asserts!
    (or (is-eq contract-caller payer) (is-eq contract-caller payee))
    ERR-NOT-AUTHORIZED
  ))
)

(define-private (is-arbiter (named principal))
  (or
    (is-eq contract-caller named)
    (and
      (is-eq named .sluice-access)
      (contract-call? .sluice-access has-role ARBITER contract-caller)
    )
  )
)

(define-private (share (amount uint) (bps uint))
  (/ (* amount bps) BPS)
)

;; The fee on one more payment to the payee, so that the parts add up to the fee
;; on the whole: many small releases save nobody anything.
(define-private (fee-on (paid uint) (more uint) (bps uint))
  (- (share (+ paid more) bps) (share paid bps))
)

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
