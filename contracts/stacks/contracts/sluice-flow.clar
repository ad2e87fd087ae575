;; sluice-flow: money that runs at a rate per second, without an end.
;;
;; The payer funds a flow as he likes and may change its rate; the owner of the
;; position, an NFT of this contract, is owed rate * time. What the balance does
;; not cover is debt, payable once somebody funds the flow again, until the flow
;; is voided. A flow made with stop-on-empty owes nothing beyond its balance.
;;
;; Debt is kept in units of 1e-12, divided only to pay, so that no second is lost.

(impl-trait .sluice-traits.sip009)
(use-trait ft .sluice-traits.sip010)

(define-constant ERR-NOT-AUTHORIZED (err u6500)) ;; not the payer, owner or operator who may do this
(define-constant ERR-NOT-FOUND (err u6501)) ;; no such flow or position
(define-constant ERR-PAUSED (err u6502)) ;; no new money now; exits go on
(define-constant ERR-AMOUNT (err u6503)) ;; an amount is out of range
(define-constant ERR-TOKEN (err u6504)) ;; not listed, disabled, or not this flow's token
(define-constant ERR-STATE (err u6505)) ;; nobody is approved, or the flow is not over
(define-constant ERR-ASSET-GUARD (err u6508)) ;; the token moved something else than agreed
(define-constant ERR-RATE (err u6510)) ;; a rate out of range
(define-constant ERR-VOIDED (err u6511)) ;; the flow was ended for good
(define-constant ERR-OVERDRAW (err u6512)) ;; more than is covered, or than can be refunded
(define-constant ERR-SAME-RATE (err u6513)) ;; the flow has this rate already
(define-constant ERR-SOULBOUND (err u6514)) ;; this position cannot change hands
(define-constant ERR-SELF (err u6516)) ;; to this contract, or to the owner himself

(define-constant SCALE u1000000000000) ;; 1e12
(define-constant MAX-RATE u1237940039285380274899124224) ;; 2^90 scaled units per second
(define-constant MAX-BALANCE u154742504910672534362390527) ;; 2^87 - 1: balance * SCALE fits a uint
(define-constant MAX-SECONDS u4294967295) ;; 2^32 - 1: rate * seconds fits a uint

(define-constant STREAMING u1)
(define-constant STREAMING-IN-DEBT u2)
(define-constant STOPPED u3)
(define-constant STOPPED-IN-DEBT u4)
(define-constant VOIDED u5)

(define-non-fungible-token position uint)

(define-data-var last-id uint u0)
(define-data-var seq uint u0)

(define-map flows uint {
  payer: principal,
  token: principal,
  balance: uint,
  rate: uint, ;; scaled units per second; u0 is a stop
  snap-debt: uint, ;; scaled, at snap-time
  snap-time: uint,
  voided: bool,
  transferable: bool,
  stop-on-empty: bool
})
(define-map liabilities principal uint)
(define-map nonces uint uint) ;; +1 per change of hands: old approvals die
(define-map operators {id: uint, nonce: uint} principal)

;; --- read-only: the arithmetic, mirrored in Python and TypeScript ---

;; Scaled debt at chain time t; `most` bounds what may accrue, not what is owed already.
(define-read-only (scaled-debt
    (snap-debt uint)
    (snap-time uint)
    (rate uint)
    (most (optional uint))
    (t uint)
  )
  (let ((grown (+ snap-debt (* rate (min-of MAX-SECONDS (less t snap-time))))))
    (match most
      cap (if (> cap snap-debt) (min-of grown cap) snap-debt)
      grown
    )
  )
)

;; First second at which a unit is owed that the balance does not hold.
(define-read-only (first-uncovered
    (balance uint)
    (snap-debt uint)
    (snap-time uint)
    (rate uint)
  )
  (let ((missing (less (* (+ balance u1) SCALE) snap-debt)))
    (if (is-eq missing u0)
      (some snap-time)
      (if (is-eq rate u0)
        none
        (some (+ snap-time (/ (+ missing (- rate u1)) rate)))
      )
    )
  )
)

;; --- read-only: flows ---

(define-read-only (get-flow (id uint))
  (map-get? flows id)
)

(define-read-only (get-liability (asset principal))
  (default-to u0 (map-get? liabilities asset))
)

(define-read-only (debt-scaled-at (id uint) (t uint))
  (match (map-get? flows id)
    f (scaled-debt (get snap-debt f) (get snap-time f) (get rate f)
      (if (get stop-on-empty f) (some (* (get balance f) SCALE)) none)
      t
    )
    u0
  )
)

;; What is owed to the owner at chain time t, if nothing changes.
(define-read-only (debt-at (id uint) (t uint))
  (/ (debt-scaled-at id t) SCALE)
)

;; The part of the debt that the balance can pay.
(define-read-only (covered-at (id uint) (t uint))
  (match (map-get? flows id)
    f (min-of (debt-at id t) (get balance f))
    u0
  )
)

(define-read-only (uncovered-at (id uint) (t uint))
  (- (debt-at id t) (covered-at id t))
)

;; What the payer may take back.
(define-read-only (refundable-at (id uint) (t uint))
  (match (map-get? flows id)
    f (- (get balance f) (covered-at id t))
    u0
  )
)

;; When the money runs out: the first second with a unit of debt that is not covered
;; (with stop-on-empty: at which it would not be).
(define-read-only (depletion-time (id uint))
  (match (map-get? flows id)
    f (first-uncovered (get balance f) (get snap-debt f) (get snap-time f) (get rate f))
    none
  )
)

(define-read-only (status (id uint))
  (match (map-get? flows id)
    f (let ((in-debt (> (uncovered-at id stacks-block-time) u0)))
      (some (if (get voided f)
        VOIDED
        (if (is-eq (get rate f) u0)
          (if in-debt STOPPED-IN-DEBT STOPPED)
          (if in-debt STREAMING-IN-DEBT STREAMING)
        )
      ))
    )
    none
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

;; --- public: money in ---

;; Open a flow, with any funding.
;; Who: anyone; tx-sender pays and is the payer.
;; Holds: 0 < rate <= MAX-RATE; deposit may be u0.
;; Prints: flow.opened {payer, payee, rate, at, transferable, stop-on-empty}.
(define-public (open
    (token <ft>)
    (payee principal)
    (rate uint)
    (deposit uint)
    (flags {transferable: bool, stop-on-empty: bool})
  )
  (let (
      (id (+ (var-get last-id) u1))
      (asset (contract-of token))
      (now stacks-block-time)
    )
    (asserts! (and (> rate u0) (<= rate MAX-RATE)) ERR-RATE)
    (asserts! (not (is-eq payee current-contract)) ERR-SELF)
    (map-set flows id (merge flags {
      payer: tx-sender, token: asset, balance: deposit, rate: rate, snap-debt: u0,
      snap-time: now, voided: false
    }))
    (var-set last-id id)
    (try! (nft-mint? position id payee))
    (try! (take-in token u0 deposit))
    (print {
      sluice: u1, seq: (next-seq), ev: "flow.opened", id: id, actor: contract-caller,
      token: asset, amount: deposit,
      data: {
        payer: tx-sender, payee: payee, rate: rate, at: now,
        transferable: (get transferable flags), stop-on-empty: (get stop-on-empty flags)
      }
    })
    (ok id)
  )
)

;; Add money; debt becomes payable first.
;; Who: anyone; tx-sender pays. Holds: not voided, amount > 0.
;; Prints: flow.funded {balance, debt-scaled, at}.
(define-public (fund (id uint) (token <ft>) (amount uint))
  (let ((f (try! (snapped id))))
    (asserts! (is-eq (contract-of token) (get token f)) ERR-TOKEN)
    (asserts! (not (get voided f)) ERR-VOIDED)
    (asserts! (and (> amount u0) (<= amount MAX-BALANCE)) ERR-AMOUNT)
    (map-set flows id (merge f {balance: (+ (get balance f) amount)}))
    (try! (take-in token (get balance f) amount))
    (print {
      sluice: u1, seq: (next-seq), ev: "flow.funded", id: id, actor: contract-caller,
      token: (get token f), amount: amount,
      data: {
        balance: (+ (get balance f) amount), debt-scaled: (get snap-debt f),
        at: stacks-block-time
      }
    })
    (ok true)
  )
)

;; --- public: money out ---

;; Pay the owner of the position part or all of what is covered.
;; Who: anyone. Holds: 0 < amount <= covered.
;; Prints: flow.withdrawn {to, balance, debt-scaled, at}.
(define-public (withdraw (id uint) (token <ft>) (amount uint))
  (let (
      (f (try! (snapped id)))
      (owner (unwrap! (nft-get-owner? position id) ERR-NOT-FOUND))
    )
    (asserts! (is-eq (contract-of token) (get token f)) ERR-TOKEN)
    (asserts! (> amount u0) ERR-AMOUNT)
    (asserts! (<= amount (covered-at id stacks-block-time)) ERR-OVERDRAW)
    (let (
        (balance (- (get balance f) amount))
        (debt (- (get snap-debt f) (* amount SCALE)))
      )
      (map-set flows id (merge f {balance: balance, snap-debt: debt}))
      (try! (push token amount owner))
      (print {
        sluice: u1, seq: (next-seq), ev: "flow.withdrawn", id: id, actor: contract-caller,
        token: (get token f), amount: amount,
        data: {to: owner, balance: balance, debt-scaled: debt, at: stacks-block-time}
      })
      (ok amount)
    )
  )
)

;; Give the payer back what is not owed.
;; Who: payer. Holds: 0 < amount <= refundable. Prints: flow.refunded {balance, debt-scaled, at}.
(define-public (refund (id uint) (token <ft>) (amount uint))
  (let ((f (try! (snapped id))))
    (asserts! (is-eq contract-caller (get payer f)) ERR-NOT-AUTHORIZED)
    (asserts! (is-eq (contract-of token) (get token f)) ERR-TOKEN)
    (asserts! (> amount u0) ERR-AMOUNT)
    (asserts! (<= amount (refundable-at id stacks-block-time)) ERR-OVERDRAW)
    (map-set flows id (merge f {balance: (- (get balance f) amount)}))
    (try! (push token amount contract-caller))
    (print {
      sluice: u1, seq: (next-seq), ev: "flow.refunded", id: id, actor: contract-caller,
      token: (get token f), amount: amount,
      data: {
        balance: (- (get balance f) amount), debt-scaled: (get snap-debt f),
        at: stacks-block-time
      }
    })
    (ok amount)
  )
)

;; --- public: the flow ---

;; Change the rate from now on; u0 stops the flow, a later rate restarts it.
;; Who: payer. Holds: another rate, at most MAX-RATE; not voided.
;; Prints: flow.adjusted {old, new, debt-scaled, at}.
(define-public (adjust (id uint) (rate uint))
  (let ((f (try! (snapped id))))
    (asserts! (is-eq contract-caller (get payer f)) ERR-NOT-AUTHORIZED)
    (asserts! (not (get voided f)) ERR-VOIDED)
    (asserts! (<= rate MAX-RATE) ERR-RATE)
    (asserts! (not (is-eq rate (get rate f))) ERR-SAME-RATE)
    (map-set flows id (merge f {rate: rate}))
    (print {
      sluice: u1, seq: (next-seq), ev: "flow.adjusted", id: id, actor: contract-caller,
      token: (get token f), amount: u0,
      data: {
        old: (get rate f), new: rate, debt-scaled: (get snap-debt f), at: stacks-block-time
      }
    })
    (ok true)
  )
)

;; End a flow for good and write off what its balance does not cover.
;; Who: payer or owner. Holds: not voided. Prints: flow.voided {written-off, debt-scaled, at}.
(define-public (void (id uint))
  (let (
      (f (try! (snapped id)))
      (debt (min-of (get snap-debt f) (* (get balance f) SCALE)))
      (written-off (uncovered-at id stacks-block-time))
    )
    (asserts!
      (or
        (is-eq contract-caller (get payer f))
        (is-eq (some contract-caller) (nft-get-owner? position id))
      )
      ERR-NOT-AUTHORIZED
    )
    (asserts! (not (get voided f)) ERR-VOIDED)
    (map-set flows id (merge f {snap-debt: debt, rate: u0, voided: true}))
    (print {
      sluice: u1, seq: (next-seq), ev: "flow.voided", id: id, actor: contract-caller,
      token: (get token f), amount: u0,
      data: {written-off: written-off, debt-scaled: debt, at: stacks-block-time}
    })
    (ok written-off)
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
;; this contract. Prints: position.transferred {from, to, nonce}; amount is its balance.
(define-public (transfer (id uint) (sender principal) (recipient principal))
  (let ((f (unwrap! (map-get? flows id) ERR-NOT-FOUND)) (nonce (+ (get-nonce id) u1)))
    (asserts!
      (or (is-eq contract-caller sender) (is-operator id contract-caller))
      ERR-NOT-AUTHORIZED
    )
    (asserts! (is-eq (some sender) (nft-get-owner? position id)) ERR-NOT-AUTHORIZED)
    (asserts! (get transferable f) ERR-SOULBOUND)
    (asserts!
      (not (or (is-eq recipient sender) (is-eq recipient current-contract)))
      ERR-SELF
    )
    (map-set nonces id nonce)
    (try! (nft-transfer? position id sender recipient))
    (print {
      sluice: u1, seq: (next-seq), ev: "position.transferred", id: id, actor: contract-caller,
      token: (get token f), amount: (get balance f),
      data: {from: sender, to: recipient, nonce: nonce}
    })
    (ok true)
  )
)

;; Burn the position of a flow that is over.
;; Who: owner. Holds: voided, and nothing left for anybody. Prints: position.burned {owner}.
(define-public (burn (id uint))
  (let ((f (unwrap! (map-get? flows id) ERR-NOT-FOUND)))
    (try! (assert-owner id))
    (asserts! (and (get voided f) (is-eq (get balance f) u0)) ERR-STATE)
    (try! (nft-burn? position id contract-caller))
    (print {
      sluice: u1, seq: (next-seq), ev: "position.burned", id: id, actor: contract-caller,
      token: current-contract, amount: u0, data: {owner: contract-caller}
    })
    (ok true)
  )
)

;; Send what was given to this contract by mistake to the treasury.
;; Who: anyone. Holds: the balance exceeds what is owed. Prints: flow.skimmed {to}.
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
      sluice: u1, seq: (next-seq), ev: "flow.skimmed", id: u0, actor: contract-caller,
      token: asset, amount: (- held owed), data: {to: .sluice-treasury}
    })
    (ok (- held owed))
  )
)

;; --- private: flows ---

(define-private (less (a uint) (b uint))
  (if (> a b) (- a b) u0)
)

(define-private (min-of (a uint) (b uint))
  (if (< a b) a b)
)

;; A flow with its debt brought to now.
(define-private (snapped (id uint))
  (ok (merge (unwrap! (map-get? flows id) ERR-NOT-FOUND) {
    snap-debt: (debt-scaled-at id stacks-block-time), snap-time: stacks-block-time
  }))
)

;; Take money; for u0 only see that it could be taken. `balance` is what is there already.
(define-private (take-in (token <ft>) (balance uint) (amount uint))
  (begin
    (asserts! (contract-call? .sluice-access accepts-money current-contract) ERR-PAUSED)
    (asserts! (<= amount (- MAX-BALANCE balance)) ERR-AMOUNT)
    (if (is-eq amount u0)
      (assert-enabled (contract-of token))
      (pull token amount)
    )
  )
)

(define-private (assert-enabled (token principal))
  (ok (asserts!
    (get enabled (unwrap! (contract-call? .sluice-tokens lookup token) ERR-TOKEN))
    ERR-TOKEN
  ))
)

(define-private (assert-owner (id uint))
  (let ((owner (unwrap! (nft-get-owner? position id) ERR-NOT-FOUND)))
    (ok (asserts! (is-eq contract-caller owner) ERR-NOT-AUTHORIZED))
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
