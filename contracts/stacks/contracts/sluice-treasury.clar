;; sluice-treasury: the money of the house, moved by k of n signers.
;;
;; Everything is a proposal of a fixed kind that names exactly what will happen.
;; It needs approvals of the present signers, then a delay of Bitcoin blocks, and
;; dies when it expires, is vetoed, or the signers or rules change (the epoch).
;; Money promised to approved transfers is reserved: spending, distributing and
;; sweeping take only what is left over.
;;
;; This contract is also the owner of sluice-access and may be an arbiter of
;; escrows. Fees and token listings are operations of sluice-access: scheduled
;; here, run by their role.

(use-trait ft .sluice-traits.sip010)

(define-constant ERR-NOT-AUTHORIZED (err u9000)) ;; not a signer or guardian
(define-constant ERR-NOT-FOUND (err u9001)) ;; no such proposal, vote, signer or destination
(define-constant ERR-AMOUNT (err u9003)) ;; an amount, or shares that do not make up a whole
(define-constant ERR-TOKEN (err u9004)) ;; not listed, or not the token proposed
(define-constant ERR-STATE (err u9005)) ;; executed, vetoed, expired, or of another kind
(define-constant ERR-TIME (err u9006)) ;; not expired yet, or a window of no length
(define-constant ERR-EXISTS (err u9007)) ;; a signer already
(define-constant ERR-ASSET-GUARD (err u9008)) ;; the token moved something else than agreed
(define-constant ERR-THRESHOLD (err u9010)) ;; too few approvals, or too few signers
(define-constant ERR-EARLY (err u9011)) ;; the delay is not over
(define-constant ERR-EXPIRED (err u9012)) ;; too late
(define-constant ERR-LIMIT (err u9013)) ;; more than the window allows
(define-constant ERR-EPOCH (err u9014)) ;; the signers or the rules have changed since
(define-constant ERR-VOTED (err u9015)) ;; approved already
(define-constant ERR-UNVETOABLE (err u9016)) ;; a guardian cannot keep his own role

(define-constant GUARDIAN u1)
(define-constant DELAY u144) ;; burn blocks between the last needed approval and execution
(define-constant LIFETIME u2016) ;; burn blocks from proposal to expiry
(define-constant BPS u10000)
(define-constant MAX-AMOUNT u79228162514264337593543950335) ;; 2^96 - 1, as for all tokens
(define-constant NOTHING 0x) ;; no argument

(define-constant OPEN u1)
(define-constant EXECUTED u2)
(define-constant VETOED u3)
(define-constant EXPIRED u4)

(define-data-var threshold uint u1)
(define-data-var n-signers uint u1)
(define-data-var epoch uint u0)
(define-data-var last-id uint u0)
(define-data-var cold (optional principal) none)
(define-data-var shares (list 10 {to: principal, bps: uint}) (list))
(define-data-var seq uint u0)

(define-map signers principal bool)
(define-map proposals uint {
  kind: (string-ascii 16),
  subject: principal, ;; the token, the signer to replace, or this contract
  to: principal,
  amount: uint, ;; units, a threshold, a role, a share: by kind
  number: uint, ;; a window, an escrow, a flag: by kind
  arg: (buff 32), ;; an operation of sluice-access
  epoch: uint,
  eta: uint, ;; u0 until approved
  expires: uint,
  approvals: uint,
  state: uint
})
(define-map proposed-shares uint (list 10 {to: principal, bps: uint}))
(define-map votes {id: uint, who: principal} bool)
(define-map reserves {token: principal, epoch: uint} uint)
(define-map limits {token: principal, spend: bool} {window: uint, most: uint})
(define-map spent {token: principal, spend: bool, window: uint, index: uint} uint)

(map-set signers tx-sender true)

;; --- read-only ---

(define-read-only (is-signer (who principal))
  (is-some (map-get? signers who))
)

(define-read-only (get-proposal (id uint))
  (map-get? proposals id)
)

(define-read-only (has-approved (id uint) (who principal))
  (is-some (map-get? votes {id: id, who: who}))
)

(define-read-only (get-rules)
  {
    threshold: (var-get threshold), signers: (var-get n-signers), epoch: (var-get epoch),
    proposals: (var-get last-id), cold: (var-get cold), shares: (var-get shares)
  }
)

;; Money promised to approved transfers.
(define-read-only (get-reserved (asset principal))
  (default-to u0 (map-get? reserves {token: asset, epoch: (var-get epoch)}))
)

(define-read-only (get-limit (asset principal) (for-spend bool))
  (map-get? limits {token: asset, spend: for-spend})
)

;; What has left in the present window of a limit.
(define-read-only (get-spent (asset principal) (for-spend bool))
  (match (map-get? limits {token: asset, spend: for-spend})
    l (default-to u0 (map-get? spent (window-of asset for-spend (get window l))))
    u0
  )
)

;; --- public: proposals ---

;; Pay somebody.
;; Who: a signer, who approves by it. Holds: 0 < amount <= MAX-AMOUNT, a listed token.
;; Prints: treasury.proposed, then treasury.approved.
(define-public (propose-transfer (token principal) (to principal) (amount uint))
  (begin
    (asserts! (is-some (contract-call? .sluice-tokens lookup token)) ERR-TOKEN)
    (asserts! (and (> amount u0) (<= amount MAX-AMOUNT)) ERR-AMOUNT)
    (propose "transfer" token to amount u0 NOTHING)
  )
)

;; Send everything that is not reserved to the cold address, without delay.
;; Who: a signer; all of them must approve. Holds: a listed token.
;; Prints: treasury.proposed, then treasury.approved.
(define-public (propose-sweep (token principal))
  (begin
    (asserts! (is-some (contract-call? .sluice-tokens lookup token)) ERR-TOKEN)
    (propose "sweep" token (unwrap! (var-get cold) ERR-NOT-FOUND) u0 u0 NOTHING)
  )
)

;; Decide an escrow that names this contract as arbiter.
;; Who: a signer. Holds: payee-bps <= 10000. Prints: treasury.proposed, then treasury.approved.
(define-public (propose-resolve (escrow uint) (token principal) (payee-bps uint))
  (begin
    (asserts! (<= payee-bps BPS) ERR-AMOUNT)
    (propose "resolve" token current-contract payee-bps escrow NOTHING)
  )
)

;; Add a signer.
;; Who: a signer. Holds: he is none. Prints: treasury.proposed, then treasury.approved.
(define-public (propose-add (who principal))
  (begin
    (asserts! (not (is-signer who)) ERR-EXISTS)
    (propose "add" current-contract who u0 u0 NOTHING)
  )
)

;; Remove a signer.
;; Who: a signer. Holds: he is one. Prints: treasury.proposed, then treasury.approved.
(define-public (propose-remove (who principal))
  (begin
    (asserts! (is-signer who) ERR-NOT-FOUND)
    (propose "remove" who current-contract u0 u0 NOTHING)
  )
)

;; Put one signer in the place of another.
;; Who: a signer. Holds: only the first is one. Prints: treasury.proposed, then treasury.approved.
(define-public (propose-swap (old principal) (new principal))
  (begin
    (asserts! (is-signer old) ERR-NOT-FOUND)
    (asserts! (not (is-signer new)) ERR-EXISTS)
    (propose "swap" old new u0 u0 NOTHING)
  )
)

;; Change how many approvals are needed.
;; Who: a signer. Holds: 1 <= k <= number of signers, now and at execution.
;; Prints: treasury.proposed, then treasury.approved.
(define-public (propose-threshold (k uint))
  (begin
    (asserts! (and (> k u0) (<= k (var-get n-signers))) ERR-THRESHOLD)
    (propose "threshold" current-contract current-contract k u0 NOTHING)
  )
)

;; Bound what may leave in a window of burn blocks: by transfers, or (spend) by a single
;; signer, who may spend nothing before such a limit exists.
;; Who: a signer. Holds: window > 0. Prints: treasury.proposed, then treasury.approved.
(define-public (propose-limit (token principal) (for-spend bool) (window uint) (most uint))
  (begin
    (asserts! (> window u0) ERR-TIME)
    (propose (if for-spend "spend-limit" "transfer-limit")
      token current-contract most window NOTHING
    )
  )
)

;; Set who shares what `distribute` hands out.
;; Who: a signer. Holds: shares > 0 that add up to 10000, none to this contract.
;; Prints: treasury.shares-proposed {shares}, treasury.proposed, then treasury.approved.
(define-public (propose-shares (new-shares (list 10 {to: principal, bps: uint})))
  (let ((id (+ (var-get last-id) u1)))
    (asserts! (is-eq (try! (fold add-share new-shares (ok u0))) BPS) ERR-AMOUNT)
    (map-set proposed-shares id new-shares)
    (print {
      sluice: u1, seq: (next-seq), ev: "treasury.shares-proposed", id: id,
      actor: contract-caller, token: current-contract, amount: u0, data: {shares: new-shares}
    })
    (propose "shares" current-contract current-contract u0 u0 NOTHING)
  )
)

;; Set the only address a sweep may go to.
;; Who: a signer. Holds: not this contract. Prints: treasury.proposed, then treasury.approved.
(define-public (propose-cold (to principal))
  (begin
    (asserts! (not (is-eq to current-contract)) ERR-NOT-FOUND)
    (propose "cold" current-contract to u0 u0 NOTHING)
  )
)

;; Act as owner of sluice-access: schedule (op), grant or revoke (role number, to), module
;; (to; number u1 live, u2 sunset, u3 both), owner (to), cancel-owner, delay (number).
;; Who: a signer. Holds: one of these kinds. Prints: treasury.proposed, then treasury.approved.
(define-public (propose-access
    (kind (string-ascii 16))
    (to principal)
    (number uint)
    (op (buff 32))
  )
  (begin
    (asserts! (is-access-kind kind) ERR-STATE)
    (propose kind current-contract to u0 number op)
  )
)

;; --- public: votes ---

;; Approve a proposal; with the last approval needed its delay begins.
;; Who: a signer, once. Holds: open, of this epoch, not expired.
;; Prints: treasury.approved {approvals, eta}.
(define-public (approve (id uint))
  (let (
      (p (try! (get-open id)))
      (approvals (+ (get approvals p) u1))
      (reached (is-eq approvals (needed (get kind p))))
      (eta (if reached (+ burn-block-height (delay-of (get kind p))) (get eta p)))
    )
    (try! (assert-signer))
    (asserts! (map-insert votes {id: id, who: contract-caller} true) ERR-VOTED)
    (map-set proposals id (merge p {approvals: approvals, eta: eta}))
    (and reached (reserve (get kind p) (get subject p) (get amount p)))
    (print {
      sluice: u1, seq: (next-seq), ev: "treasury.approved", id: id, actor: contract-caller,
      token: current-contract, amount: u0, data: {approvals: approvals, eta: eta}
    })
    (ok approvals)
  )
)

;; Take an approval back; with too few left the delay starts anew at the next one.
;; Who: a signer who approved. Holds: open, of this epoch, not expired.
;; Prints: treasury.revoked {approvals, eta}.
(define-public (revoke-approval (id uint))
  (let (
      (p (try! (get-open id)))
      (lost (is-eq (get approvals p) (needed (get kind p))))
      (eta (if lost u0 (get eta p)))
    )
    (asserts! (map-delete votes {id: id, who: contract-caller}) ERR-NOT-FOUND)
    (and lost (release (get kind p) (get subject p) (get amount p)))
    (let ((approvals (- (get approvals p) u1)))
      (map-set proposals id (merge p {approvals: approvals, eta: eta}))
      (print {
        sluice: u1, seq: (next-seq), ev: "treasury.revoked", id: id, actor: contract-caller,
        token: current-contract, amount: u0, data: {approvals: approvals, eta: eta}
      })
      (ok approvals)
    )
  )
)

;; Strike a proposal.
;; Who: a GUARDIAN. Holds: open, of this epoch, not expired; not the taking of a role.
;; Prints: treasury.vetoed {kind}.
(define-public (veto (id uint))
  (let ((p (try! (get-open id))))
    (asserts!
      (contract-call? .sluice-access has-role GUARDIAN contract-caller)
      ERR-NOT-AUTHORIZED
    )
    (asserts! (not (is-eq (get kind p) "revoke")) ERR-UNVETOABLE)
    (end-proposal id VETOED)
    (print {
      sluice: u1, seq: (next-seq), ev: "treasury.vetoed", id: id, actor: contract-caller,
      token: current-contract, amount: u0, data: {kind: (get kind p)}
    })
    (ok true)
  )
)

;; Put an expired proposal away; what it reserved is free again.
;; Who: anyone. Holds: open, of this epoch, expires reached. Prints: treasury.expired {kind}.
(define-public (expire (id uint))
  (let ((p (unwrap! (map-get? proposals id) ERR-NOT-FOUND)))
    (asserts! (is-eq (get state p) OPEN) ERR-STATE)
    (asserts! (is-eq (get epoch p) (var-get epoch)) ERR-EPOCH)
    (asserts! (>= burn-block-height (get expires p)) ERR-TIME)
    (end-proposal id EXPIRED)
    (print {
      sluice: u1, seq: (next-seq), ev: "treasury.expired", id: id, actor: contract-caller,
      token: current-contract, amount: u0, data: {kind: (get kind p)}
    })
    (ok true)
  )
)

;; --- public: execution ---

;; Run an approved transfer.
;; Who: anyone. Holds: due (see get-due), a transfer of this token, within the transfer limit.
;; Prints: treasury.executed {kind, to, epoch}.
(define-public (execute-transfer (id uint) (token <ft>))
  (let ((p (try! (get-due id "transfer"))) (amount (get amount p)))
    (asserts! (is-eq (contract-of token) (get subject p)) ERR-TOKEN)
    (try! (use-limit (get subject p) false amount))
    (end-proposal id EXECUTED)
    (try! (send token amount (get to p)))
    (ok (print-executed id "transfer" (get subject p) amount (get to p)))
  )
)

;; Run an approved sweep: all that is not reserved goes to the cold address.
;; Who: anyone. Holds: approved by all signers, of this token, something to sweep.
;; Prints: treasury.executed {kind, to, epoch}.
(define-public (execute-sweep (id uint) (token <ft>))
  (let ((p (try! (get-due id "sweep"))) (amount (try! (surplus token))))
    (asserts! (is-eq (contract-of token) (get subject p)) ERR-TOKEN)
    (asserts! (> amount u0) ERR-AMOUNT)
    (end-proposal id EXECUTED)
    (try! (send token amount (get to p)))
    (ok (print-executed id "sweep" (get subject p) amount (get to p)))
  )
)

;; Run an approved decision on an escrow.
;; Who: anyone. Holds: due, of this token; the escrow accepts it.
;; Prints: treasury.executed {kind, to, epoch}.
(define-public (execute-resolve (id uint) (token <ft>))
  (let ((p (try! (get-due id "resolve"))))
    (asserts! (is-eq (contract-of token) (get subject p)) ERR-TOKEN)
    (end-proposal id EXECUTED)
    (try! (contract-call? .sluice-escrow resolve (get number p) token (get amount p)))
    (ok (print-executed id "resolve" (get subject p) u0 (get to p)))
  )
)

;; Run an approved change of signers or rules; every other open proposal dies by it.
;; Who: anyone. Holds: due; the change is still possible.
;; Prints: treasury.executed {kind, to, epoch}.
(define-public (execute-admin (id uint))
  (let (
      (kind (get kind (unwrap! (map-get? proposals id) ERR-NOT-FOUND)))
      (p (try! (get-due id kind)))
    )
    (end-proposal id EXECUTED)
    (if (is-eq kind "add")
      (try! (add-signer (get to p)))
      (if (is-eq kind "remove")
        (try! (remove-signer (get subject p)))
        (if (is-eq kind "swap")
          (begin
            (try! (add-signer (get to p)))
            (try! (remove-signer (get subject p)))
          )
          (if (is-eq kind "threshold")
            (var-set threshold (get amount p))
            (if (is-eq kind "shares")
              (var-set shares (unwrap! (map-get? proposed-shares id) ERR-NOT-FOUND))
              (if (is-eq kind "cold")
                (var-set cold (some (get to p)))
                (try! (set-limit kind (get subject p) (get number p) (get amount p)))
              )
            )
          )
        )
      )
    )
    (var-set epoch (+ (var-get epoch) u1))
    (ok (print-executed id kind current-contract u0 (get to p)))
  )
)

;; Run an approved act as owner of sluice-access.
;; Who: anyone. Holds: due; sluice-access accepts it. Prints: treasury.executed {kind, to, epoch}.
(define-public (execute-access (id uint))
  (let (
      (kind (get kind (unwrap! (map-get? proposals id) ERR-NOT-FOUND)))
      (p (try! (get-due id kind)))
      (to (get to p))
      (number (get number p))
    )
    (end-proposal id EXECUTED)
    (if (is-eq kind "schedule")
      (> (try! (contract-call? .sluice-access schedule (get arg p))) u0)
      (if (is-eq kind "grant")
        (try! (contract-call? .sluice-access grant-role number to))
        (if (is-eq kind "revoke")
          (try! (contract-call? .sluice-access revoke-role number to))
          (if (is-eq kind "module")
            (try! (contract-call? .sluice-access set-module
              to (is-eq (mod number u2) u1) (>= number u2)
            ))
            (if (is-eq kind "owner")
              (try! (contract-call? .sluice-access propose-owner to))
              (if (is-eq kind "cancel-owner")
                (try! (contract-call? .sluice-access cancel-owner))
                (begin
                  (asserts! (is-eq kind "delay") ERR-STATE)
                  (try! (contract-call? .sluice-access set-delay number))
                )
              )
            )
          )
        )
      )
    )
    (ok (print-executed id kind current-contract u0 to))
  )
)

;; Become the owner of sluice-access, when proposed as such.
;; Who: a signer. Holds: sluice-access has proposed this contract.
;; Prints: treasury.took-ownership {of}.
(define-public (take-ownership)
  (begin
    (try! (assert-signer))
    (try! (contract-call? .sluice-access accept-owner))
    (print {
      sluice: u1, seq: (next-seq), ev: "treasury.took-ownership", id: u0,
      actor: contract-caller, token: current-contract, amount: u0,
      data: {of: .sluice-access}
    })
    (ok true)
  )
)

;; --- public: money without a proposal ---

;; Spend a little at once.
;; Who: one signer. Holds: a spend limit is set and leaves room; the amount is not reserved.
;; Prints: treasury.spent {to, used}.
(define-public (spend (token <ft>) (to principal) (amount uint))
  (let ((asset (contract-of token)))
    (try! (assert-signer))
    (asserts! (is-some (get-limit asset true)) ERR-LIMIT)
    (asserts! (and (> amount u0) (<= amount (try! (surplus token)))) ERR-AMOUNT)
    (try! (use-limit asset true amount))
    (try! (send token amount to))
    (print {
      sluice: u1, seq: (next-seq), ev: "treasury.spent", id: u0, actor: contract-caller,
      token: asset, amount: amount, data: {to: to, used: (get-spent asset true)}
    })
    (ok true)
  )
)

;; Hand out what is not reserved by the shares; what rounding leaves stays.
;; Who: anyone. Holds: shares are set, and every share is worth something.
;; Prints: treasury.distributed {parts}.
(define-public (distribute (token <ft>))
  (let (
      (pot (try! (surplus token)))
      (parts (get parts (fold add-part (var-get shares) {pot: pot, parts: (list)})))
      (total (get total (try! (fold pay-part parts (ok {token: token, total: u0})))))
    )
    (asserts! (> total u0) ERR-AMOUNT)
    (print {
      sluice: u1, seq: (next-seq), ev: "treasury.distributed", id: u0, actor: contract-caller,
      token: (contract-of token), amount: total, data: {parts: parts}
    })
    (ok total)
  )
)

;; --- private: proposals ---

(define-private (propose
    (kind (string-ascii 16))
    (subject principal)
    (to principal)
    (amount uint)
    (number uint)
    (arg (buff 32))
  )
  (let ((id (+ (var-get last-id) u1)) (expires (+ burn-block-height LIFETIME)))
    (try! (assert-signer))
    (var-set last-id id)
    (map-set proposals id {
      kind: kind, subject: subject, to: to, amount: amount, number: number, arg: arg,
      epoch: (var-get epoch), eta: u0, expires: expires, approvals: u0, state: OPEN
    })
    (print {
      sluice: u1, seq: (next-seq), ev: "treasury.proposed", id: id, actor: contract-caller,
      token: subject, amount: amount,
      data: {
        kind: kind, subject: subject, to: to, number: number, arg: arg,
        epoch: (var-get epoch), expires: expires
      }
    })
    (try! (approve id))
    (ok id)
  )
)

(define-private (get-open (id uint))
  (let ((p (unwrap! (map-get? proposals id) ERR-NOT-FOUND)))
    (asserts! (is-eq (get state p) OPEN) ERR-STATE)
    (asserts! (is-eq (get epoch p) (var-get epoch)) ERR-EPOCH)
    (asserts! (< burn-block-height (get expires p)) ERR-EXPIRED)
    (ok p)
  )
)

;; An open proposal of this kind, with enough approvals, whose delay is over.
(define-private (get-due (id uint) (kind (string-ascii 16)))
  (let ((p (try! (get-open id))))
    (asserts! (is-eq (get kind p) kind) ERR-STATE)
    (asserts! (>= (get approvals p) (needed kind)) ERR-THRESHOLD)
    (asserts! (>= burn-block-height (get eta p)) ERR-EARLY)
    (ok p)
  )
)

(define-private (needed (kind (string-ascii 16)))
  (if (is-eq kind "sweep") (var-get n-signers) (var-get threshold))
)

(define-private (is-access-kind (kind (string-ascii 16)))
  (or
    (is-eq kind "schedule")
    (is-eq kind "grant")
    (is-eq kind "revoke")
    (is-eq kind "module")
    (is-eq kind "owner")
    (is-eq kind "cancel-owner")
    (is-eq kind "delay")
  )
)

(define-private (delay-of (kind (string-ascii 16)))
  (if (is-eq kind "sweep") u0 DELAY)
)

;; Close a proposal and free what it had reserved.
(define-private (end-proposal (id uint) (state uint))
  (match (map-get? proposals id)
    p (begin
      (and
        (>= (get approvals p) (needed (get kind p)))
        (release (get kind p) (get subject p) (get amount p))
      )
      (map-set proposals id (merge p {state: state}))
    )
    false
  )
)

(define-private (print-executed
    (id uint)
    (kind (string-ascii 16))
    (token principal)
    (amount uint)
    (to principal)
  )
  (begin
    (print {
      sluice: u1, seq: (next-seq), ev: "treasury.executed", id: id, actor: contract-caller,
      token: token, amount: amount, data: {kind: kind, to: to, epoch: (var-get epoch)}
    })
    true
  )
)

;; --- private: signers and rules ---

(define-private (assert-signer)
  (ok (asserts! (is-signer contract-caller) ERR-NOT-AUTHORIZED))
)

(define-private (add-signer (who principal))
  (begin
    (asserts! (map-insert signers who true) ERR-EXISTS)
    (ok (var-set n-signers (+ (var-get n-signers) u1)))
  )
)

(define-private (remove-signer (who principal))
  (begin
    (asserts! (> (var-get n-signers) (var-get threshold)) ERR-THRESHOLD)
    (asserts! (map-delete signers who) ERR-NOT-FOUND)
    (ok (var-set n-signers (- (var-get n-signers) u1)))
  )
)

(define-private (set-limit
    (kind (string-ascii 16))
    (token principal)
    (window uint)
    (most uint)
  )
  (begin
    (asserts! (or (is-eq kind "spend-limit") (is-eq kind "transfer-limit")) ERR-STATE)
    (ok (map-set limits {token: token, spend: (is-eq kind "spend-limit")}
      {window: window, most: most}
    ))
  )
)

(define-private (add-share
    (share {to: principal, bps: uint})
    (sum (response uint uint))
  )
  (begin
    (asserts! (and (> (get bps share) u0) (<= (get bps share) BPS)) ERR-AMOUNT)
    (asserts! (not (is-eq (get to share) current-contract)) ERR-NOT-FOUND)
    (ok (+ (try! sum) (get bps share)))
  )
)

;; --- private: money ---

(define-private (reserve (kind (string-ascii 16)) (token principal) (amount uint))
  (and
    (is-eq kind "transfer")
    (map-set reserves {token: token, epoch: (var-get epoch)} (+ (get-reserved token) amount))
  )
)

(define-private (release (kind (string-ascii 16)) (token principal) (amount uint))
  (and
    (is-eq kind "transfer")
    (map-set reserves {token: token, epoch: (var-get epoch)} (- (get-reserved token) amount))
  )
)

;; What is here and promised to nobody.
(define-private (surplus (token <ft>))
  (let (
      (held (unwrap! (contract-call? token get-balance current-contract) ERR-TOKEN))
      (reserved (get-reserved (contract-of token)))
    )
    (ok (if (> held reserved) (- held reserved) u0))
  )
)

(define-private (window-of (token principal) (for-spend bool) (window uint))
  {token: token, spend: for-spend, window: window, index: (/ burn-block-height window)}
)

;; Count an outflow against its limit; transfers without a limit are free.
(define-private (use-limit (token principal) (for-spend bool) (amount uint))
  (match (map-get? limits {token: token, spend: for-spend})
    l (let (
        (key (window-of token for-spend (get window l)))
        (used (+ (default-to u0 (map-get? spent key)) amount))
      )
      (asserts! (<= used (get most l)) ERR-LIMIT)
      (ok (map-set spent key used))
    )
    (ok true)
  )
)

(define-private (add-part
    (share {to: principal, bps: uint})
    (acc {pot: uint, parts: (list 10 {to: principal, amount: uint})})
  )
  (let ((part {to: (get to share), amount: (/ (* (get pot acc) (get bps share)) BPS)}))
    (merge acc {
      parts: (default-to (get parts acc) (as-max-len? (append (get parts acc) part) u10))
    })
  )
)

(define-private (pay-part
    (part {to: principal, amount: uint})
    (acc (response {token: <ft>, total: uint} uint))
  )
  (let ((batch (try! acc)) (token (get token batch)))
    (asserts! (> (get amount part) u0) ERR-AMOUNT)
    (try! (send token (get amount part) (get to part)))
    (ok (merge batch {total: (+ (get total batch) (get amount part))}))
  )
)

;; Pay exactly `amount`; this contract can lose nothing else by it.
(define-private (send (token <ft>) (amount uint) (to principal))
  (let (
      (asset (contract-of token))
      (row (unwrap! (contract-call? .sluice-tokens lookup asset) ERR-TOKEN))
    )
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

(define-private (next-seq)
  (let ((n (+ (var-get seq) u1)))
    (var-set seq n)
    n
  )
)
