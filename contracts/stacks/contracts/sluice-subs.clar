;; sluice-subs: subscriptions that the subscriber has funded in advance.
;;
;; No contract may take money from a wallet later, so a subscriber puts some
;; periods' worth here and anyone may charge what has become due, period by
;; period, never more. A price above the subscriber's cap stops his charges; what
;; is not charged goes back to him when he or the merchant cancels.
;;
;; Charges go to the payout address of the gateway's merchant, less his fee. The
;; merchant's splits and holds do not apply to them.

(use-trait ft .sluice-traits.sip010)

(define-constant ERR-NOT-AUTHORIZED (err u7000)) ;; not the payer, or not the merchant's owner
(define-constant ERR-NOT-FOUND (err u7001)) ;; no such plan, subscription or merchant
(define-constant ERR-PAUSED (err u7002)) ;; no new money now; exits go on
(define-constant ERR-AMOUNT (err u7003)) ;; a price or a number of periods is out of range
(define-constant ERR-TOKEN (err u7004)) ;; not listed, disabled, or not the plan's token
(define-constant ERR-STATE (err u7005)) ;; canceled, paused, not paused, or the merchant is inactive
(define-constant ERR-TIME (err u7006)) ;; a period, trial or arrears is out of range
(define-constant ERR-ASSET-GUARD (err u7008)) ;; the token moved something else than agreed
(define-constant ERR-CAP (err u7010)) ;; the price is above what the subscriber accepts
(define-constant ERR-NOT-DUE (err u7011)) ;; the next period has not begun
(define-constant ERR-SHORT (err u7012)) ;; past due, and still not enough money
(define-constant ERR-ORDER (err u7013)) ;; ids of a batch must ascend

(define-constant BPS u10000)
(define-constant MIN-PERIOD u60) ;; seconds
(define-constant MAX-PERIOD u315360000) ;; ten years
(define-constant MAX-PERIODS u1200)

(define-constant ACTIVE u1)
(define-constant PAST-DUE u2)
(define-constant HALTED u3)
(define-constant CANCELED u4)

(define-data-var last-plan uint u0)
(define-data-var last-sub uint u0)
(define-data-var seq uint u0)

(define-map plans uint {
  merchant: uint,
  token: principal,
  price: uint,
  period: uint, ;; seconds
  trial: uint, ;; seconds before the first charge
  max-arrears: uint, ;; periods that began longer ago than this are forfeited
  active: bool ;; open to new subscribers
})
(define-map subs uint {
  plan: uint,
  payer: principal,
  price-cap: uint,
  next-at: uint, ;; when the next unpaid period begins
  balance: uint,
  charged: uint,
  halted-at: uint, ;; while HALTED
  state: uint
})
(define-map liabilities principal uint)

;; --- read-only ---

(define-read-only (get-plan (plan uint))
  (map-get? plans plan)
)

(define-read-only (get-sub (sub uint))
  (map-get? subs sub)
)

(define-read-only (get-last-plan)
  (var-get last-plan)
)

(define-read-only (get-last-sub)
  (var-get last-sub)
)

(define-read-only (get-liability (asset principal))
  (default-to u0 (map-get? liabilities asset))
)

;; The period a charge at time t pays: the oldest unpaid one that is not forfeited.
(define-read-only (payable-period (next-at uint) (period uint) (max-arrears uint) (t uint))
  (if (> t (+ next-at max-arrears))
    (+ next-at (* period (/ (+ (- t max-arrears next-at) (- period u1)) period)))
    next-at
  )
)

;; Would a charge change anything now?
(define-read-only (is-chargeable (sub uint))
  (match (map-get? subs sub)
    s (match (map-get? plans (get plan s))
      p (is-ok (assert-due s p (is-merchant-active (get merchant p)) stacks-block-time))
      false
    )
    false
  )
)

;; --- public: plans ---

;; Offer a plan.
;; Who: the owner of the gateway's merchant.
;; Holds: price within the token's limits; MIN-PERIOD <= period <= MAX-PERIOD; trial <=
;; MAX-PERIOD; period <= max-arrears <= MAX-PERIOD.
;; Prints: plan.created {merchant, period, trial, max-arrears}; amount is the price.
(define-public (create-plan
    (merchant uint)
    (token principal)
    (price uint)
    (period uint)
    (trial uint)
    (max-arrears uint)
  )
  (let ((plan (+ (var-get last-plan) u1)))
    (try! (assert-merchant merchant))
    (try! (assert-price token price))
    (asserts! (and (>= period MIN-PERIOD) (<= period MAX-PERIOD)) ERR-TIME)
    (asserts! (<= trial MAX-PERIOD) ERR-TIME)
    (asserts! (and (>= max-arrears period) (<= max-arrears MAX-PERIOD)) ERR-TIME)
    (var-set last-plan plan)
    (map-set plans plan {
      merchant: merchant, token: token, price: price, period: period, trial: trial,
      max-arrears: max-arrears, active: true
    })
    (print {
      sluice: u1, seq: (next-seq), ev: "plan.created", id: plan, actor: contract-caller,
      token: token, amount: price,
      data: {merchant: merchant, period: period, trial: trial, max-arrears: max-arrears}
    })
    (ok plan)
  )
)

;; Change the price for all, and whether new subscribers are taken. Who has a lower cap
;; is not charged any more.
;; Who: the owner of the plan's merchant. Holds: price within the token's limits.
;; Prints: plan.changed {old, active}; amount is the price.
(define-public (set-plan (plan uint) (price uint) (active bool))
  (let ((p (unwrap! (map-get? plans plan) ERR-NOT-FOUND)))
    (try! (assert-merchant (get merchant p)))
    (try! (assert-price (get token p) price))
    (map-set plans plan (merge p {price: price, active: active}))
    (print {
      sluice: u1, seq: (next-seq), ev: "plan.changed", id: plan, actor: contract-caller,
      token: (get token p), amount: price, data: {old: (get price p), active: active}
    })
    (ok true)
  )
)

;; --- public: money in ---

;; Subscribe and fund some periods.
;; Who: anyone; tx-sender pays and is the subscriber.
;; Holds: the plan is active and its merchant too; price <= price-cap; 1 <= periods <=
;; MAX-PERIODS. Prints: sub.started {plan, payer, periods, price-cap, next-at}.
(define-public (subscribe (plan uint) (token <ft>) (periods uint) (price-cap uint))
  (let (
      (p (unwrap! (map-get? plans plan) ERR-NOT-FOUND))
      (sub (+ (var-get last-sub) u1))
      (next-at (+ stacks-block-time (get trial p)))
    )
    (asserts! (is-eq (contract-of token) (get token p)) ERR-TOKEN)
    (asserts! (contract-call? .sluice-access accepts-money current-contract) ERR-PAUSED)
    (asserts! (and (get active p) (is-merchant-active (get merchant p))) ERR-STATE)
    (asserts! (<= (get price p) price-cap) ERR-CAP)
    (asserts! (and (> periods u0) (<= periods MAX-PERIODS)) ERR-AMOUNT)
    (let ((amount (* periods (get price p))))
      (map-set subs sub {
        plan: plan, payer: tx-sender, price-cap: price-cap, next-at: next-at,
        balance: amount, charged: u0, halted-at: u0, state: ACTIVE
      })
      (var-set last-sub sub)
      (try! (pull token amount))
      (print {
        sluice: u1, seq: (next-seq), ev: "sub.started", id: sub, actor: contract-caller,
        token: (get token p), amount: amount,
        data: {
          plan: plan, payer: tx-sender, periods: periods, price-cap: price-cap,
          next-at: next-at
        }
      })
      (ok sub)
    )
  )
)

;; Add money to a subscription.
;; Who: anyone; tx-sender pays. Holds: not canceled. Prints: sub.topped-up {balance}.
(define-public (top-up-sub (sub uint) (token <ft>) (amount uint))
  (let (
      (s (unwrap! (map-get? subs sub) ERR-NOT-FOUND))
      (p (unwrap! (map-get? plans (get plan s)) ERR-NOT-FOUND))
      (total (get balance s))
    )
    (asserts! (is-eq (contract-of token) (get token p)) ERR-TOKEN)
    (asserts! (contract-call? .sluice-access accepts-money current-contract) ERR-PAUSED)
    (asserts! (< (get state s) CANCELED) ERR-STATE)
    (map-set subs sub (merge s {balance: (+ total amount)}))
    (try! (pull token amount))
    (print {
      sluice: u1, seq: (next-seq), ev: "sub.topped-up", id: sub, actor: contract-caller,
      token: (get token p), amount: amount, data: {balance: (+ total amount)}
    })
    (ok true)
  )
)

;; --- public: charging ---

;; Charge one due period; several periods in arrears take several calls. If the money is
;; short, nothing moves and the subscription is past due; returns what was charged.
;; Who: anyone. Holds: due, price <= price-cap, merchant active, neither paused nor canceled.
;; Prints: sub.charged {period, fee, payout, balance}, or sub.past-due {price, balance}.
(define-public (charge (sub uint) (token <ft>))
  (let (
      (s (unwrap! (map-get? subs sub) ERR-NOT-FOUND))
      (p (unwrap! (map-get? plans (get plan s)) ERR-NOT-FOUND))
      (m (unwrap! (contract-call? .sluice-gateway get-merchant (get merchant p)) ERR-NOT-FOUND))
      (now stacks-block-time)
    )
    (asserts! (is-eq (contract-of token) (get token p)) ERR-TOKEN)
    (try! (assert-due s p (get active m) now))
    (take-period sub s p token {payout: (get payout m), fee-bps: (get fee-bps m)} now)
  )
)

;; charge for up to 12 subscriptions of one token; those that cannot be charged are skipped.
;; Who: anyone. Holds: ids ascend, all of this token. Prints: sub.charged {period, fee, payout,
;; balance} or sub.past-due {price, balance} per subscription that changes.
(define-public (charge-many (ids (list 12 uint)) (token <ft>))
  (ok (get total (try! (fold charge-one ids
    (ok {token: token, now: stacks-block-time, last: u0, total: u0})
  ))))
)

;; --- public: the subscriber ---

;; Stop charges for a while; the time already paid for waits.
;; Who: payer. Holds: neither paused nor canceled. Prints: sub.paused {at}.
(define-public (pause-sub (sub uint))
  (let ((s (unwrap! (map-get? subs sub) ERR-NOT-FOUND)))
    (asserts! (is-eq contract-caller (get payer s)) ERR-NOT-AUTHORIZED)
    (asserts! (<= (get state s) PAST-DUE) ERR-STATE)
    (map-set subs sub (merge s {state: HALTED, halted-at: stacks-block-time}))
    (print {
      sluice: u1, seq: (next-seq), ev: "sub.paused", id: sub, actor: contract-caller,
      token: current-contract, amount: u0, data: {at: stacks-block-time}
    })
    (ok true)
  )
)

;; Go on; the next period begins later by the length of the pause.
;; Who: payer. Holds: paused. Prints: sub.resumed {next-at}.
(define-public (resume-sub (sub uint))
  (let (
      (s (unwrap! (map-get? subs sub) ERR-NOT-FOUND))
      (next-at (+ (get next-at s) (- stacks-block-time (get halted-at s))))
    )
    (asserts! (is-eq contract-caller (get payer s)) ERR-NOT-AUTHORIZED)
    (asserts! (is-eq (get state s) HALTED) ERR-STATE)
    (map-set subs sub (merge s {state: ACTIVE, next-at: next-at, halted-at: u0}))
    (print {
      sluice: u1, seq: (next-seq), ev: "sub.resumed", id: sub, actor: contract-caller,
      token: current-contract, amount: u0, data: {next-at: next-at}
    })
    (ok next-at)
  )
)

;; End a subscription; all its money goes back to the payer.
;; Who: payer, or the owner of the plan's merchant. Holds: not canceled.
;; Prints: sub.canceled {payer, charged}; amount is what went back.
(define-public (cancel-sub (sub uint) (token <ft>))
  (let (
      (s (unwrap! (map-get? subs sub) ERR-NOT-FOUND))
      (p (unwrap! (map-get? plans (get plan s)) ERR-NOT-FOUND))
    )
    (asserts!
      (or
        (is-eq contract-caller (get payer s))
        (is-ok (assert-merchant (get merchant p)))
      )
      ERR-NOT-AUTHORIZED
    )
    (asserts! (is-eq (contract-of token) (get token p)) ERR-TOKEN)
    (asserts! (< (get state s) CANCELED) ERR-STATE)
    (map-set subs sub (merge s {state: CANCELED, balance: u0}))
    (try! (push token (get balance s) (get payer s)))
    (print {
      sluice: u1, seq: (next-seq), ev: "sub.canceled", id: sub, actor: contract-caller,
      token: (get token p), amount: (get balance s),
      data: {payer: (get payer s), charged: (get charged s)}
    })
    (ok (get balance s))
  )
)

;; Send what was given to this contract by mistake to the treasury.
;; Who: anyone. Holds: the balance exceeds what is owed. Prints: subs.skimmed {to}.
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
      sluice: u1, seq: (next-seq), ev: "subs.skimmed", id: u0, actor: contract-caller,
      token: asset, amount: (- held owed), data: {to: .sluice-treasury}
    })
    (ok (- held owed))
  )
)

;; --- private: charging ---

;; Move one period's price, or say that the money is short; the callers have checked that
;; the period is due.
(define-private (take-period
    (sub uint)
    (s {
      plan: uint, payer: principal, price-cap: uint, next-at: uint, balance: uint,
      charged: uint, halted-at: uint, state: uint
    })
    (p {
      merchant: uint, token: principal, price: uint, period: uint, trial: uint,
      max-arrears: uint, active: bool
    })
    (token <ft>)
    (to {payout: principal, fee-bps: uint})
    (now uint)
  )
  (let (
      (price (get price p))
      (fee (/ (* price (get fee-bps to)) BPS))
      (balance (less (get balance s) price))
      (start (payable-period (get next-at s) (get period p) (get max-arrears p) now))
    )
    (if (< (get balance s) price)
      (mark-past-due sub s p)
      (begin
        (map-set subs sub (merge s {
          next-at: (+ start (get period p)), balance: balance,
          charged: (+ (get charged s) price), state: ACTIVE
        }))
        (try! (push-parts token {to: (get payout to), amount: (- price fee)}
          {to: .sluice-treasury, amount: fee} {to: .sluice-treasury, amount: u0}
        ))
        (print {
          sluice: u1, seq: (next-seq), ev: "sub.charged", id: sub, actor: contract-caller,
          token: (get token p), amount: price,
          data: {period: start, fee: fee, payout: (get payout to), balance: balance}
        })
        (ok price)
      )
    )
  )
)

(define-private (mark-past-due
    (sub uint)
    (s {
      plan: uint, payer: principal, price-cap: uint, next-at: uint, balance: uint,
      charged: uint, halted-at: uint, state: uint
    })
    (p {
      merchant: uint, token: principal, price: uint, period: uint, trial: uint,
      max-arrears: uint, active: bool
    })
  )
  (begin
    (map-set subs sub (merge s {state: PAST-DUE}))
    (print {
      sluice: u1, seq: (next-seq), ev: "sub.past-due", id: sub, actor: contract-caller,
      token: (get token p), amount: u0,
      data: {price: (get price p), balance: (get balance s)}
    })
    (ok u0)
  )
)

(define-private (charge-one
    (sub uint)
    (acc (response {token: <ft>, now: uint, last: uint, total: uint} uint))
  )
  (let (
      (batch (try! acc))
      (token (get token batch))
      (now (get now batch))
      (s (unwrap! (map-get? subs sub) ERR-NOT-FOUND))
      (p (unwrap! (map-get? plans (get plan s)) ERR-NOT-FOUND))
      (m (unwrap! (contract-call? .sluice-gateway get-merchant (get merchant p)) ERR-NOT-FOUND))
    )
    (asserts! (> sub (get last batch)) ERR-ORDER)
    (asserts! (is-eq (contract-of token) (get token p)) ERR-TOKEN)
    (ok (merge batch {
      last: sub,
      total: (+ (get total batch)
        (if (is-ok (assert-due s p (get active m) now))
          (try! (take-period sub s p token
            {payout: (get payout m), fee-bps: (get fee-bps m)} now
          ))
          u0
        )
      )
    }))
  )
)

(define-private (less (a uint) (b uint))
  (if (> a b) (- a b) u0)
)

;; --- private: checks ---

;; Is a period due that a charge could pay, or could mark as past due?
(define-private (assert-due
    (s {
      plan: uint, payer: principal, price-cap: uint, next-at: uint, balance: uint,
      charged: uint, halted-at: uint, state: uint
    })
    (p {
      merchant: uint, token: principal, price: uint, period: uint, trial: uint,
      max-arrears: uint, active: bool
    })
    (merchant-active bool)
    (now uint)
  )
  (begin
    (asserts! (<= (get state s) PAST-DUE) ERR-STATE)
    (asserts! merchant-active ERR-STATE)
    (asserts! (>= now (get next-at s)) ERR-NOT-DUE)
    (asserts! (<= (get price p) (get price-cap s)) ERR-CAP)
    (asserts!
      (or (is-eq (get state s) ACTIVE) (>= (get balance s) (get price p)))
      ERR-SHORT
    )
    (ok true)
  )
)

(define-private (assert-merchant (merchant uint))
  (let (
      (m (unwrap! (contract-call? .sluice-gateway get-merchant merchant) ERR-NOT-FOUND))
    )
    (ok (asserts! (is-eq contract-caller (get owner m)) ERR-NOT-AUTHORIZED))
  )
)

(define-private (is-merchant-active (merchant uint))
  (match (contract-call? .sluice-gateway get-merchant merchant)
    m (get active m)
    false
  )
)

(define-private (assert-price (token principal) (price uint))
  (let ((row (unwrap! (contract-call? .sluice-tokens lookup token) ERR-TOKEN)))
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
