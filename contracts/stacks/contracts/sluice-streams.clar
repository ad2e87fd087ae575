;; sluice-streams: money that becomes the recipient's as time passes.
;;
;; A stream is paid in full when it is made. The right to receive is an NFT of
;; this contract: who owns the position is paid. The payer keeps the right to
;; cancel or pause only if the stream was made so.
;;
;; A schedule runs on the stream's own clock: unix seconds less the seconds it
;; was paused. Every division rounds down and comes last, so what is vested never
;; falls, never exceeds the deposit, and is the whole deposit at the end.

(impl-trait .sluice-traits.sip009)
(use-trait ft .sluice-traits.sip010)

(define-constant ERR-NOT-AUTHORIZED (err u6000)) ;; not the payer, owner or operator who may do this
(define-constant ERR-NOT-FOUND (err u6001)) ;; no such stream or position
(define-constant ERR-PAUSED (err u6002)) ;; no new money now; exits go on
(define-constant ERR-AMOUNT (err u6003)) ;; an amount is out of range
(define-constant ERR-TOKEN (err u6004)) ;; not listed, disabled, or not this stream's token
(define-constant ERR-STATE (err u6005)) ;; canceled, paused, not paused, or the wrong kind
(define-constant ERR-TIME (err u6006)) ;; dates out of order or range, or too early
(define-constant ERR-ASSET-GUARD (err u6008)) ;; the token moved something else than agreed
(define-constant ERR-FEE (err u6009)) ;; a royalty above ROYALTY-CAP
(define-constant ERR-SOULBOUND (err u6010)) ;; this position cannot change hands
(define-constant ERR-NOT-CANCELABLE (err u6011)) ;; made so, renounced, or canceled already
(define-constant ERR-TRANCHES (err u6012)) ;; tranches must ascend in time and carry money
(define-constant ERR-NOTHING-DUE (err u6013)) ;; nothing to withdraw now
(define-constant ERR-SETTLED (err u6014)) ;; everything is vested already
(define-constant ERR-NOT-PAUSABLE (err u6015)) ;; made so, or the time for pauses is used up
(define-constant ERR-SELF (err u6016)) ;; to this contract, or to the owner himself
(define-constant ERR-ORDER (err u6017)) ;; ids of a batch must ascend
(define-constant ERR-NOT-DEPLETED (err u6018)) ;; only an empty position can be burned

(define-constant MAX-DEPOSIT u79228162514264337593543950335) ;; 2^96 - 1
(define-constant MAX-DURATION u4294967295) ;; 2^32 - 1 seconds: deposit * duration fits a uint
(define-constant MAX-PAUSE u7776000) ;; seconds of pause in a stream's life, 90 days
(define-constant ROYALTY-CAP u500)

(define-constant PENDING u0)
(define-constant STREAMING u1)
(define-constant SETTLED u2)
(define-constant CANCELED u3)
(define-constant DEPLETED u4)
(define-constant PAUSED u5)

(define-non-fungible-token position uint)

(define-data-var last-id uint u0)
(define-data-var seq uint u0)

(define-map streams uint {
  payer: principal,
  pending-payer: (optional principal),
  token: principal,
  deposit: uint,
  withdrawn: uint,
  refunded: uint,
  start: uint,
  cliff: uint,
  end: uint,
  unlock-start: uint,
  unlock-cliff: uint,
  step: uint, ;; seconds per step; u1 is a smooth line
  paused-at: (optional uint),
  paused-total: uint,
  tranched: bool,
  canceled: bool,
  cancelable: bool,
  transferable: bool,
  pausable: bool,
  open-withdraw: bool, ;; anyone may push what is due to the owner
  royalty-bps: uint ;; of a resale, to the payer
})
(define-map tranches uint (list 24 {at: uint, amount: uint}))
(define-map liabilities principal uint)
(define-map nonces uint uint) ;; +1 per change of hands: old approvals and listings die
(define-map operators {id: uint, nonce: uint} principal)

;; --- read-only: the arithmetic, mirrored in Python and TypeScript ---

;; The stream's own clock at chain time t. A pause counts up to MAX-PAUSE in all.
(define-read-only (own-time (paused-at (optional uint)) (paused-total uint) (t uint))
  (less t (+ paused-total
    (min-of (less t (default-to t paused-at)) (less MAX-PAUSE paused-total))
  ))
)

(define-read-only (linear-vested
    (deposit uint)
    (start uint)
    (cliff uint)
    (end uint)
    (unlock-start uint)
    (unlock-cliff uint)
    (step uint)
    (t uint)
  )
  (if (< t start)
    u0
    (if (>= t end)
      deposit
      (if (< t cliff)
        unlock-start
        (let (
            (unlocked (+ unlock-start unlock-cliff))
            (elapsed (* (/ (- t cliff) step) step))
          )
          (+ unlocked (/ (* (- deposit unlocked) elapsed) (- end cliff)))
        )
      )
    )
  )
)

(define-read-only (tranched-vested (steps (list 24 {at: uint, amount: uint})) (t uint))
  (get sum (fold add-tranche steps {t: t, sum: u0}))
)

;; Where a top-up of `amount` moves the end: what is vested stays, the rest plus
;; the new money goes on at no higher rate.
(define-read-only (extended-end (left uint) (amount uint) (t uint) (end uint))
  (+ t (/ (+ (* (+ left amount) (- end t)) (- left u1)) left))
)

;; --- read-only: streams ---

(define-read-only (get-stream (id uint))
  (map-get? streams id)
)

(define-read-only (get-tranches (id uint))
  (map-get? tranches id)
)

(define-read-only (get-liability (asset principal))
  (default-to u0 (map-get? liabilities asset))
)

;; What is the recipient's at chain time t, withdrawn or not, if nothing changes.
(define-read-only (vested-at (id uint) (t uint))
  (match (map-get? streams id)
    s (vested-of id s t)
    u0
  )
)

(define-read-only (withdrawable-at (id uint) (t uint))
  (match (map-get? streams id)
    s (less (vested-of id s t) (get withdrawn s))
    u0
  )
)

(define-read-only (withdrawable (id uint))
  (withdrawable-at id stacks-block-time)
)

;; What a cancel would give back to the payer now.
(define-read-only (refundable (id uint))
  (match (map-get? streams id)
    s (if (get canceled s) u0 (- (get deposit s) (vested-of id s stacks-block-time)))
    u0
  )
)

;; What the stream still holds.
(define-read-only (remaining (id uint))
  (match (map-get? streams id)
    s (- (get deposit s) (get refunded s) (get withdrawn s))
    u0
  )
)

(define-read-only (status (id uint))
  (match (map-get? streams id)
    s (let (
        (vested (vested-at id stacks-block-time))
        (clock (own-time (get paused-at s) (get paused-total s) stacks-block-time))
      )
      (some (if (is-eq (remaining id) u0)
        DEPLETED
        (if (get canceled s)
          CANCELED
          (if (is-eq vested (get deposit s))
            SETTLED
            (if (and (is-some (get paused-at s)) (not (pause-used-up id)))
              PAUSED
              (if (< clock (get start s)) PENDING STREAMING)
            )
          )
        )
      ))
    )
    none
  )
)

;; Has this stream been paused for as long as a stream may be?
(define-read-only (pause-used-up (id uint))
  (match (map-get? streams id)
    s (let ((since (less stacks-block-time (default-to stacks-block-time (get paused-at s)))))
      (>= (+ (get paused-total s) since) MAX-PAUSE)
    )
    false
  )
)

;; --- read-only: positions ---

(define-read-only (get-last-token-id)
  (ok (var-get last-id))
)

(define-read-only (get-token-uri (id uint))
  (ok none)
)

(define-read-only (get-owner (id uint))
  (ok (nft-get-owner? position id))
)

(define-read-only (get-nonce (id uint))
  (default-to u0 (map-get? nonces id))
)

(define-read-only (is-operator (id uint) (who principal))
  (is-eq (some who) (map-get? operators {id: id, nonce: (get-nonce id)}))
)

;; What a market must know of a position, and whether `operator` may move it.
(define-read-only (get-position (id uint) (operator principal))
  (match (map-get? streams id)
    s (let ((nonce (get-nonce id)))
      (some {
        owner: (nft-get-owner? position id),
        nonce: nonce,
        approved: (is-eq (some operator) (map-get? operators {id: id, nonce: nonce})),
        transferable: (get transferable s),
        remaining: (- (get deposit s) (get refunded s) (get withdrawn s)),
        payer: (get payer s),
        royalty-bps: (get royalty-bps s)
      })
    )
    none
  )
)

;; --- public: new streams ---

;; Open a stream that vests along a line, at once from `unlock-start` at start and
;; `unlock-cliff` at the cliff, smoothly (step u1) or every `step` seconds.
;; Who: anyone; tx-sender pays and is the payer.
;; Holds: start <= cliff < end, now < end, end - start <= MAX-DURATION, the unlocks fit
;; the deposit, royalty-bps <= ROYALTY-CAP. The start may lie in the past.
;; Prints: stream.created {payer, payee, start, cliff, end, unlock-start, unlock-cliff, step,
;; tranched, cancelable, transferable, pausable, open-withdraw, royalty-bps}.
(define-public (create-linear
    (token <ft>)
    (recipient principal)
    (deposit uint)
    (start uint)
    (cliff uint)
    (end uint)
    (unlock-start uint)
    (unlock-cliff uint)
    (step uint)
    (flags {cancelable: bool, transferable: bool, pausable: bool, open-withdraw: bool,
      royalty-bps: uint})
  )
  (let (
      (now (try! (open-now)))
      (id (try! (insert (contract-of token) recipient now
        {deposit: deposit, start: start, cliff: cliff, end: end, unlock-start: unlock-start,
          unlock-cliff: unlock-cliff, step: step, tranched: false}
        flags
      )))
    )
    (try! (pull token deposit))
    (ok id)
  )
)

;; Open a stream that vests in up to 24 tranches.
;; Who: anyone; tx-sender pays and is the payer.
;; Holds: start < first date < ... < last date, now < last date, every amount > 0.
;; Prints: stream.created, then stream.tranches {steps}.
(define-public (create-tranched
    (token <ft>)
    (recipient principal)
    (start uint)
    (steps (list 24 {at: uint, amount: uint}))
    (flags {cancelable: bool, transferable: bool, pausable: bool, open-withdraw: bool,
      royalty-bps: uint})
  )
  (let (
      (now (try! (open-now)))
      (plan (try! (fold check-tranche steps (ok {last: start, sum: u0}))))
      (id (try! (insert (contract-of token) recipient now
        {deposit: (get sum plan), start: start, cliff: start, end: (get last plan),
          unlock-start: u0, unlock-cliff: u0, step: u1, tranched: true}
        flags
      )))
    )
    (map-set tranches id steps)
    (try! (pull token (get sum plan)))
    (print {
      sluice: u1, seq: (next-seq), ev: "stream.tranches", id: id, actor: contract-caller,
      token: (contract-of token), amount: (get sum plan), data: {steps: steps}
    })
    (ok id)
  )
)

;; Open up to 50 smooth streams with one payment; their ids follow each other.
;; Who: anyone; tx-sender pays and is the payer.
;; Holds: each row as in create-linear. Prints: stream.created per row.
(define-public (create-many
    (token <ft>)
    (rows (list 50 {to: principal, amount: uint, start: uint, cliff: uint, end: uint}))
    (flags {cancelable: bool, transferable: bool, pausable: bool, open-withdraw: bool,
      royalty-bps: uint})
  )
  (let (
      (first (+ (var-get last-id) u1))
      (batch (try! (fold insert-row rows
        (ok {token: (contract-of token), now: (try! (open-now)), flags: flags, total: u0})
      )))
    )
    (try! (pull token (get total batch)))
    (ok {first: first, total: (get total batch)})
  )
)

;; Add money to a running line: what is vested stays exactly, the end moves out so
;; that the rate does not rise.
;; Who: anyone; tx-sender pays.
;; Holds: linear, step u1, not canceled, not paused, past the cliff, not settled.
;; Prints: stream.topped-up {deposit, start, end, unlock-start}, on the stream's own clock.
(define-public (top-up (id uint) (token <ft>) (amount uint))
  (let (
      (s (unwrap! (map-get? streams id) ERR-NOT-FOUND))
      (now (try! (open-now)))
      (clock (own-time none (get paused-total s) now))
      (vested (vested-of id s now))
      (left (- (get deposit s) vested))
    )
    (asserts! (is-eq (contract-of token) (get token s)) ERR-TOKEN)
    (asserts!
      (not (or
        (get canceled s)
        (get tranched s)
        (> (get step s) u1)
        (is-some (get paused-at s))
      ))
      ERR-STATE
    )
    (asserts! (>= clock (get cliff s)) ERR-TIME)
    (asserts! (> left u0) ERR-SETTLED)
    (asserts! (and (> amount u0) (<= amount (- MAX-DEPOSIT (get deposit s)))) ERR-AMOUNT)
    (let (
        (deposit (+ (get deposit s) amount))
        (end (extended-end left amount clock (get end s)))
      )
      (asserts! (<= (- end clock) MAX-DURATION) ERR-TIME)
      (map-set streams id (merge s {
        deposit: deposit, start: clock, cliff: clock, end: end,
        unlock-start: vested, unlock-cliff: u0
      }))
      (try! (pull token amount))
      (print {
        sluice: u1, seq: (next-seq), ev: "stream.topped-up", id: id, actor: contract-caller,
        token: (get token s), amount: amount,
        data: {deposit: deposit, start: clock, end: end, unlock-start: vested}
      })
      (ok end)
    )
  )
)

;; --- public: the recipient's side ---

;; Pay the owner of the position all that is due.
;; Who: anyone, unless the owner keeps this to himself. Holds: something is due.
;; Prints: stream.withdrawn {to, withdrawn, at}.
(define-public (withdraw-max (id uint) (token <ft>))
  (let (
      (s (unwrap! (map-get? streams id) ERR-NOT-FOUND))
      (now stacks-block-time)
      (owner (try! (payable-owner id (get open-withdraw s))))
      (due (less (vested-of id s now) (get withdrawn s)))
    )
    (asserts! (> due u0) ERR-NOTHING-DUE)
    (pay-out id s token due owner now)
  )
)

;; Pay part or all of what is due to anybody.
;; Who: owner of the position. Holds: 0 < amount <= due; not to this contract.
;; Prints: stream.withdrawn {to, withdrawn, at}.
(define-public (withdraw-to (id uint) (token <ft>) (amount uint) (to principal))
  (let ((s (unwrap! (map-get? streams id) ERR-NOT-FOUND)) (now stacks-block-time))
    (try! (assert-owner id))
    (asserts! (not (is-eq to current-contract)) ERR-SELF)
    (asserts! (> amount u0) ERR-AMOUNT)
    (asserts! (<= amount (less (vested-of id s now) (get withdrawn s))) ERR-AMOUNT)
    (pay-out id s token amount to now)
  )
)

;; withdraw-max for up to 25 streams of one token; those with nothing due are skipped.
;; Who: anyone, unless an owner keeps this to himself. Holds: ids ascend.
;; Prints: stream.withdrawn per stream paid.
(define-public (withdraw-many (ids (list 25 uint)) (token <ft>))
  (ok (get total (try! (fold withdraw-one ids
    (ok {token: token, now: stacks-block-time, last: u0, total: u0})
  ))))
)

;; Let everybody push what is due to the owner, or only the owner himself.
;; Who: owner of the position. Holds: nothing. Prints: stream.open-withdraw-set {open}.
(define-public (set-open-withdraw (id uint) (open bool))
  (let ((s (unwrap! (map-get? streams id) ERR-NOT-FOUND)))
    (try! (assert-owner id))
    (map-set streams id (merge s {open-withdraw: open}))
    (print {
      sluice: u1, seq: (next-seq), ev: "stream.open-withdraw-set", id: id,
      actor: contract-caller, token: (get token s), amount: u0, data: {open: open}
    })
    (ok true)
  )
)

;; --- public: the payer's side ---

;; End a stream: what is not vested goes back, what is vested waits for the owner.
;; Who: payer. Holds: cancelable, not settled. Prints: stream.canceled {vested, withdrawn, at}.
(define-public (cancel (id uint) (token <ft>))
  (let ((refund (try! (end-stream id (contract-of token)))))
    (try! (push token refund contract-caller))
    (ok refund)
  )
)

;; cancel for up to 25 streams of one token, with one refund.
;; Who: payer of all. Holds: ids ascend; each as in cancel.
;; Prints: stream.canceled {vested, withdrawn, at} per stream.
(define-public (cancel-many (ids (list 25 uint)) (token <ft>))
  (let (
      (batch (try! (fold cancel-one ids
        (ok {token: (contract-of token), last: u0, total: u0})
      )))
    )
    (try! (push token (get total batch) contract-caller))
    (ok (get total batch))
  )
)

;; Give up the right to cancel, for good.
;; Who: payer. Holds: cancelable. Prints: stream.renounced {at}.
(define-public (renounce (id uint))
  (let ((s (try! (get-as-payer id))))
    (asserts! (get cancelable s) ERR-NOT-CANCELABLE)
    (map-set streams id (merge s {cancelable: false}))
    (print {
      sluice: u1, seq: (next-seq), ev: "stream.renounced", id: id, actor: contract-caller,
      token: (get token s), amount: u0, data: {at: stacks-block-time}
    })
    (ok true)
  )
)

;; Stop the stream's clock. It runs on by itself once MAX-PAUSE is used up.
;; Who: payer. Holds: pausable, running since its start, not settled, pause time left.
;; Prints: stream.paused {at, paused-total}.
(define-public (pause (id uint))
  (let ((s (try! (get-as-payer id))))
    (asserts! (and (get pausable s) (< (get paused-total s) MAX-PAUSE)) ERR-NOT-PAUSABLE)
    (asserts! (not (or (get canceled s) (is-some (get paused-at s)))) ERR-STATE)
    (asserts! (>= (own-time none (get paused-total s) stacks-block-time) (get start s)) ERR-TIME)
    (asserts! (> (refundable id) u0) ERR-SETTLED)
    (map-set streams id (merge s {paused-at: (some stacks-block-time)}))
    (print {
      sluice: u1, seq: (next-seq), ev: "stream.paused", id: id, actor: contract-caller,
      token: (get token s), amount: u0,
      data: {at: stacks-block-time, paused-total: (get paused-total s)}
    })
    (ok true)
  )
)

;; Let the stream's clock run on from where it stood.
;; Who: payer; anyone once the pause is used up. Holds: paused.
;; Prints: stream.resumed {at, paused-total}.
(define-public (resume (id uint))
  (let (
      (s (unwrap! (map-get? streams id) ERR-NOT-FOUND))
      (since (unwrap! (get paused-at s) ERR-STATE))
      (total (min-of MAX-PAUSE (+ (get paused-total s) (- stacks-block-time since))))
    )
    (asserts! (or (is-eq contract-caller (get payer s)) (pause-used-up id)) ERR-NOT-AUTHORIZED)
    (map-set streams id (merge s {paused-at: none, paused-total: total}))
    (print {
      sluice: u1, seq: (next-seq), ev: "stream.resumed", id: id, actor: contract-caller,
      token: (get token s), amount: u0, data: {at: stacks-block-time, paused-total: total}
    })
    (ok total)
  )
)

;; Name who shall take over the payer's rights; he must accept. Naming oneself takes it back.
;; Who: payer. Holds: nothing. Prints: stream.payer-proposed {to}.
(define-public (propose-payer (id uint) (to principal))
  (let ((s (try! (get-as-payer id))))
    (map-set streams id (merge s {pending-payer: (some to)}))
    (print {
      sluice: u1, seq: (next-seq), ev: "stream.payer-proposed", id: id,
      actor: contract-caller, token: (get token s), amount: u0, data: {to: to}
    })
    (ok true)
  )
)

;; Take over the payer's rights: cancel, refund, pause, royalty.
;; Who: the proposed payer. Holds: a proposal is open. Prints: stream.payer-changed {from, to}.
(define-public (accept-payer (id uint))
  (let ((s (unwrap! (map-get? streams id) ERR-NOT-FOUND)))
    (asserts! (is-eq (some contract-caller) (get pending-payer s)) ERR-NOT-AUTHORIZED)
    (map-set streams id (merge s {payer: contract-caller, pending-payer: none}))
    (print {
      sluice: u1, seq: (next-seq), ev: "stream.payer-changed", id: id, actor: contract-caller,
      token: (get token s), amount: u0, data: {from: (get payer s), to: contract-caller}
    })
    (ok true)
  )
)

;; --- public: positions ---

;; Let one other principal move the position, until it changes hands.
;; Who: owner. Holds: nothing. Prints: position.approved {operator, nonce}.
(define-public (approve (id uint) (operator principal))
  (let ((nonce (get-nonce id)))
    (try! (assert-owner id))
    (map-set operators {id: id, nonce: nonce} operator)
    (print {
      sluice: u1, seq: (next-seq), ev: "position.approved", id: id, actor: contract-caller,
      token: current-contract, amount: u0, data: {operator: operator, nonce: nonce}
    })
    (ok true)
  )
)

;; Take the approval back.
;; Who: owner. Holds: somebody is approved. Prints: position.revoked {nonce}.
(define-public (revoke (id uint))
  (let ((nonce (get-nonce id)))
    (try! (assert-owner id))
    (asserts! (map-delete operators {id: id, nonce: nonce}) ERR-STATE)
    (print {
      sluice: u1, seq: (next-seq), ev: "position.revoked", id: id, actor: contract-caller,
      token: current-contract, amount: u0, data: {nonce: nonce}
    })
    (ok true)
  )
)

;; Move the position: all later withdrawals go to the new owner. The payer's rights stay.
;; Who: owner or his operator. Holds: sender owns it, transferable, a new owner other than
;; this contract. Prints: position.transferred {from, to, nonce}; amount is what it still holds.
(define-public (transfer (id uint) (sender principal) (recipient principal))
  (let ((s (unwrap! (map-get? streams id) ERR-NOT-FOUND)) (nonce (+ (get-nonce id) u1)))
    (asserts!
      (or (is-eq contract-caller sender) (is-operator id contract-caller))
      ERR-NOT-AUTHORIZED
    )
    (asserts! (is-eq (some sender) (nft-get-owner? position id)) ERR-NOT-AUTHORIZED)
    (asserts! (get transferable s) ERR-SOULBOUND)
    (asserts!
      (not (or (is-eq recipient sender) (is-eq recipient current-contract)))
      ERR-SELF
    )
    (map-set nonces id nonce)
    (try! (nft-transfer? position id sender recipient))
    (print {
      sluice: u1, seq: (next-seq), ev: "position.transferred", id: id, actor: contract-caller,
      token: (get token s), amount: (remaining id),
      data: {from: sender, to: recipient, nonce: nonce}
    })
    (ok true)
  )
)

;; Burn an empty position.
;; Who: owner. Holds: depleted. Prints: position.burned {owner}.
(define-public (burn (id uint))
  (begin
    (try! (assert-owner id))
    (asserts! (is-eq (remaining id) u0) ERR-NOT-DEPLETED)
    (try! (nft-burn? position id contract-caller))
    (print {
      sluice: u1, seq: (next-seq), ev: "position.burned", id: id, actor: contract-caller,
      token: current-contract, amount: u0, data: {owner: contract-caller}
    })
    (ok true)
  )
)

;; Send what was given to this contract by mistake to the treasury.
;; Who: anyone. Holds: the balance exceeds what is owed. Prints: streams.skimmed {to}.
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
      sluice: u1, seq: (next-seq), ev: "streams.skimmed", id: u0, actor: contract-caller,
      token: asset, amount: (- held owed), data: {to: .sluice-treasury}
    })
    (ok (- held owed))
  )
)

;; --- private: arithmetic ---

(define-private (less (a uint) (b uint))
  (if (> a b) (- a b) u0)
)

(define-private (min-of (a uint) (b uint))
  (if (< a b) a b)
)

(define-private (add-tranche (x {at: uint, amount: uint}) (acc {t: uint, sum: uint}))
  (if (<= (get at x) (get t acc))
    (merge acc {sum: (+ (get sum acc) (get amount x))})
    acc
  )
)

(define-private (check-tranche
    (x {at: uint, amount: uint})
    (acc (response {last: uint, sum: uint} uint))
  )
  (let ((plan (try! acc)))
    (asserts! (> (get at x) (get last plan)) ERR-TRANCHES)
    (asserts! (and (> (get amount x) u0) (<= (get amount x) MAX-DEPOSIT)) ERR-TRANCHES)
    (ok {last: (get at x), sum: (+ (get sum plan) (get amount x))})
  )
)

;; --- private: streams ---

;; The time, if this contract takes new money now.
(define-private (open-now)
  (begin
    (asserts! (contract-call? .sluice-access accepts-money current-contract) ERR-PAUSED)
    (ok stacks-block-time)
  )
)

(define-private (vested-of
    (id uint)
    (s {
      payer: principal, pending-payer: (optional principal), token: principal, deposit: uint,
      withdrawn: uint, refunded: uint, start: uint, cliff: uint, end: uint,
      unlock-start: uint, unlock-cliff: uint, step: uint, paused-at: (optional uint),
      paused-total: uint, tranched: bool, canceled: bool, cancelable: bool,
      transferable: bool, pausable: bool, open-withdraw: bool, royalty-bps: uint
    })
    (t uint)
  )
  (let ((clock (own-time (get paused-at s) (get paused-total s) t)))
    (if (get canceled s)
      (- (get deposit s) (get refunded s))
      (if (get tranched s)
        (tranched-vested (default-to (list) (map-get? tranches id)) clock)
        (linear-vested (get deposit s) (get start s) (get cliff s) (get end s)
          (get unlock-start s) (get unlock-cliff s) (get step s) clock
        )
      )
    )
  )
)

(define-private (insert
    (token principal)
    (recipient principal)
    (now uint)
    (plan {deposit: uint, start: uint, cliff: uint, end: uint, unlock-start: uint,
      unlock-cliff: uint, step: uint, tranched: bool})
    (flags {cancelable: bool, transferable: bool, pausable: bool, open-withdraw: bool,
      royalty-bps: uint})
  )
  (let ((id (+ (var-get last-id) u1)) (deposit (get deposit plan)))
    (asserts! (and (> deposit u0) (<= deposit MAX-DEPOSIT)) ERR-AMOUNT)
    (asserts! (<= (get start plan) (get cliff plan)) ERR-TIME)
    (asserts! (< (get cliff plan) (get end plan)) ERR-TIME)
    (asserts! (< now (get end plan)) ERR-TIME)
    (asserts! (<= (- (get end plan) (get start plan)) MAX-DURATION) ERR-TIME)
    (asserts! (<= (get start plan) (+ now MAX-DURATION)) ERR-TIME)
    (asserts! (> (get step plan) u0) ERR-TIME)
    (asserts! (<= (get unlock-start plan) deposit) ERR-AMOUNT)
    (asserts! (<= (get unlock-cliff plan) (- deposit (get unlock-start plan))) ERR-AMOUNT)
    (asserts! (<= (get royalty-bps flags) ROYALTY-CAP) ERR-FEE)
    (asserts! (not (is-eq recipient current-contract)) ERR-SELF)
    (map-set streams id (merge (merge plan flags) {
      payer: tx-sender, pending-payer: none, token: token, withdrawn: u0, refunded: u0,
      paused-at: none, paused-total: u0, canceled: false
    }))
    (var-set last-id id)
    (try! (nft-mint? position id recipient))
    (print {
      sluice: u1, seq: (next-seq), ev: "stream.created", id: id, actor: contract-caller,
      token: token, amount: deposit,
      data: {
        payer: tx-sender, payee: recipient, start: (get start plan), cliff: (get cliff plan),
        end: (get end plan), unlock-start: (get unlock-start plan),
        unlock-cliff: (get unlock-cliff plan), step: (get step plan),
        tranched: (get tranched plan), cancelable: (get cancelable flags),
        transferable: (get transferable flags), pausable: (get pausable flags),
        open-withdraw: (get open-withdraw flags), royalty-bps: (get royalty-bps flags)
      }
    })
    (ok id)
  )
)

(define-private (insert-row
    (x {to: principal, amount: uint, start: uint, cliff: uint, end: uint})
    (acc (response {token: principal, now: uint, total: uint,
      flags: {cancelable: bool, transferable: bool, pausable: bool, open-withdraw: bool,
        royalty-bps: uint}} uint))
  )
  (let ((batch (try! acc)))
    (try! (insert (get token batch) (get to x) (get now batch)
      {deposit: (get amount x), start: (get start x), cliff: (get cliff x), end: (get end x),
        unlock-start: u0, unlock-cliff: u0, step: u1, tranched: false}
      (get flags batch)
    ))
    (ok (merge batch {total: (+ (get total batch) (get amount x))}))
  )
)

;; Book and pay `amount`; the callers have checked that it is due.
(define-private (pay-out
    (id uint)
    (s {
      payer: principal, pending-payer: (optional principal), token: principal, deposit: uint,
      withdrawn: uint, refunded: uint, start: uint, cliff: uint, end: uint,
      unlock-start: uint, unlock-cliff: uint, step: uint, paused-at: (optional uint),
      paused-total: uint, tranched: bool, canceled: bool, cancelable: bool,
      transferable: bool, pausable: bool, open-withdraw: bool, royalty-bps: uint
    })
    (token <ft>)
    (amount uint)
    (to principal)
    (now uint)
  )
  (let ((withdrawn (+ (get withdrawn s) amount)))
    (asserts! (is-eq (contract-of token) (get token s)) ERR-TOKEN)
    (map-set streams id (merge s {withdrawn: withdrawn}))
    (try! (push token amount to))
    (print {
      sluice: u1, seq: (next-seq), ev: "stream.withdrawn", id: id, actor: contract-caller,
      token: (get token s), amount: amount, data: {to: to, withdrawn: withdrawn, at: now}
    })
    (ok amount)
  )
)

(define-private (withdraw-one
    (id uint)
    (acc (response {token: <ft>, now: uint, last: uint, total: uint} uint))
  )
  (let (
      (batch (try! acc))
      (token (get token batch))
      (s (unwrap! (map-get? streams id) ERR-NOT-FOUND))
      (owner (try! (payable-owner id (get open-withdraw s))))
      (due (less (vested-of id s (get now batch)) (get withdrawn s)))
    )
    (asserts! (> id (get last batch)) ERR-ORDER)
    (and (> due u0) (> (try! (pay-out id s token due owner (get now batch))) u0))
    (ok (merge batch {last: id, total: (+ (get total batch) due)}))
  )
)

;; Close a stream for its payer and say what goes back to him.
(define-private (end-stream (id uint) (token principal))
  (let ((s (try! (get-as-payer id))) (refund (refundable id)) (vested (- (get deposit s) refund)))
    (asserts! (is-eq token (get token s)) ERR-TOKEN)
    (asserts! (get cancelable s) ERR-NOT-CANCELABLE)
    (asserts! (> refund u0) ERR-SETTLED)
    (map-set streams id (merge s {
      canceled: true, cancelable: false, refunded: refund, paused-at: none
    }))
    (print {
      sluice: u1, seq: (next-seq), ev: "stream.canceled", id: id, actor: contract-caller,
      token: token, amount: refund,
      data: {vested: vested, withdrawn: (get withdrawn s), at: stacks-block-time}
    })
    (ok refund)
  )
)

(define-private (cancel-one
    (id uint)
    (acc (response {token: principal, last: uint, total: uint} uint))
  )
  (let ((batch (try! acc)) (refund (try! (end-stream id (get token batch)))))
    (asserts! (> id (get last batch)) ERR-ORDER)
    (ok (merge batch {last: id, total: (+ (get total batch) refund)}))
  )
)

(define-private (get-as-payer (id uint))
  (let ((s (unwrap! (map-get? streams id) ERR-NOT-FOUND)))
    (asserts! (is-eq contract-caller (get payer s)) ERR-NOT-AUTHORIZED)
    (ok s)
  )
)

(define-private (assert-owner (id uint))
  (let ((owner (unwrap! (nft-get-owner? position id) ERR-NOT-FOUND)))
    (ok (asserts! (is-eq contract-caller owner) ERR-NOT-AUTHORIZED))
  )
)

;; The owner of a position, if this caller may make it pay out.
(define-private (payable-owner (id uint) (open-to-all bool))
  (let ((owner (unwrap! (nft-get-owner? position id) ERR-NOT-FOUND)))
    (asserts! (or open-to-all (is-eq contract-caller owner)) ERR-NOT-AUTHORIZED)
    (ok owner)
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

(define-private (next-seq)
  (let ((n (+ (var-get seq) u1)))
    (var-set seq n)
    n
  )
)
