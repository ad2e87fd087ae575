;; Fuzzing of sluice-streams. The fuzzer appends this text to the contract, so it
;; sees the contract's own maps; it calls every public function, these drivers
;; too, in random order with random arguments, and checks the invariants between.
;;
;; Drivers fold random arguments into the range where something happens. What a
;; read-only invariant cannot see (two moments in time) a driver compares, and
;; remembers in `broken` when it is wrong.

(define-constant IDS (list
  u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15
  u16 u17 u18 u19 u20 u21 u22 u23 u24 u25 u26 u27 u28 u29 u30
))
(define-constant IDS-MAX u30)
(define-constant ERR-FULL (err u1))
(define-constant BORN burn-block-height)

(define-data-var broken (string-ascii 40) "")
(define-map seen-vested uint uint) ;; highest vested ever seen
(define-map first-owners uint principal)
(define-map renounced uint bool)

;; --- drivers ---

(define-public (drive-linear
    (deposit uint)
    (ago uint)
    (cliff-in uint)
    (runs uint)
    (unlock uint)
    (step uint)
    (to principal)
    (alt bool)
    (flags {cancelable: bool, transferable: bool, pausable: bool, open-withdraw: bool})
  )
  (let (
      (amount (+ u1 (mod deposit u1000000000)))
      (start (- (+ stacks-block-time u1000000) (mod ago u2000000)))
      (cliff (+ start (mod cliff-in u1000000)))
      (end (+ cliff u1 (mod runs u5000000)))
      (at-start (mod unlock (+ amount u1)))
      (at-cliff (mod step (+ (- amount at-start) u1)))
      (all-flags (merge flags {royalty-bps: u100}))
    )
    (asserts! (has-room) ERR-FULL)
    (let ((id (if alt
        (begin
          (try! (contract-call? .stand-in fill tx-sender))
          (try! (create-linear .stand-in to amount start cliff end at-start at-cliff
            (+ u1 (mod step u5000)) all-flags
          ))
        )
        (try! (create-linear .sluice-stx to amount start cliff end at-start at-cliff
          u1 all-flags
        ))
      )))
      (map-set first-owners id to)
      (ok id)
    )
  )
)

(define-public (drive-tranched (a uint) (b uint) (c uint) (to principal))
  (let ((now stacks-block-time))
    (asserts! (has-room) ERR-FULL)
    (let ((id (try! (create-tranched .sluice-stx to (- now u100)
        (list
          {at: (+ now (mod a u100000)), amount: (+ u1 (mod a u1000000))}
          {at: (+ now u100000 (mod b u100000)), amount: (+ u1 (mod b u1000000))}
          {at: (+ now u200000 (mod c u1000000)), amount: (+ u1 (mod c u1000000))}
        )
        {cancelable: true, transferable: true, pausable: true, open-withdraw: true, royalty-bps: u0}
      ))))
      (map-set first-owners id to)
      (ok id)
    )
  )
)

;; I55: the owner of that moment is paid.
(define-public (drive-withdraw (id uint))
  (let (
      (one (fold-id id))
      (s (unwrap! (map-get? streams one) ERR-NOT-FOUND))
      (owner (unwrap! (nft-get-owner? position one) ERR-NOT-FOUND))
      (before (held-by owner (get token s)))
      (paid (try! (if (is-eq (get token s) .sluice-stx)
        (withdraw-max one .sluice-stx)
        (withdraw-max one .stand-in)
      )))
    )
    (ok (expect "withdraw pays the owner"
      (is-eq (held-by owner (get token s)) (+ before paid))
    ))
  )
)

(define-public (drive-withdraw-to (id uint) (amount uint) (to principal))
  (let ((one (fold-id id)) (due (withdrawable one)))
    (asserts! (> due u0) ERR-NOTHING-DUE)
    (if (is-eq (get token (unwrap! (map-get? streams one) ERR-NOT-FOUND)) .sluice-stx)
      (withdraw-to one .sluice-stx (+ u1 (mod amount due)) to)
      (withdraw-to one .stand-in (+ u1 (mod amount due)) to)
    )
  )
)

;; As the payer, whoever calls: the interesting half of the state space.
(define-public (drive-cancel (id uint))
  (let (
      (one (fold-id id))
      (s (unwrap! (map-get? streams one) ERR-NOT-FOUND))
      (due (refundable one))
      (before (held-by (get payer s) (get token s)))
      (refund (try! (if (is-eq (get token s) .sluice-stx)
        (cancel one .sluice-stx)
        (cancel one .stand-in)
      )))
    )
    (expect "cancel pays the refundable" (is-eq refund due))
    (expect "cancel pays the payer"
      (is-eq (held-by (get payer s) (get token s)) (+ before refund))
    )
    (ok (expect "cancel happens once" (not (is-eq (map-get? renounced one) (some true)))))
  )
)

(define-public (drive-top-up (id uint) (amount uint))
  (let (
      (one (fold-id id))
      (vested (vested-at one stacks-block-time))
      (more (+ u1 (mod amount u100000000)))
    )
    (if (is-eq (get token (unwrap! (map-get? streams one) ERR-NOT-FOUND)) .sluice-stx)
      (try! (top-up one .sluice-stx more))
      (begin
        (try! (contract-call? .stand-in fill tx-sender))
        (try! (top-up one .stand-in more))
      )
    )
    (ok (expect "top-up keeps the vested" (is-eq (vested-at one stacks-block-time) vested)))
  )
)

(define-public (drive-pause (id uint))
  (pause (fold-id id))
)

(define-public (drive-resume (id uint))
  (let ((one (fold-id id)) (vested (vested-at one stacks-block-time)))
    (try! (resume one))
    (ok (expect "resume does not jump" (is-eq (vested-at one stacks-block-time) vested)))
  )
)

(define-public (drive-renounce (id uint))
  (begin
    (try! (renounce (fold-id id)))
    (ok (map-set renounced (fold-id id) true))
  )
)

(define-public (drive-approve (id uint) (operator principal))
  (approve (fold-id id) operator)
)

;; I56.
(define-public (drive-transfer (id uint) (to principal))
  (let (
      (one (fold-id id))
      (nonce (get-nonce one))
      (owner (unwrap! (nft-get-owner? position one) ERR-NOT-FOUND))
      (operator (map-get? operators {id: one, nonce: nonce}))
    )
    (try! (transfer one owner to))
    (expect "transfer bumps the nonce" (is-eq (get-nonce one) (+ nonce u1)))
    (ok (expect "transfer ends the approval"
      (not (is-operator one (default-to current-contract operator)))
    ))
  )
)

(define-public (drive-burn (id uint))
  (burn (fold-id id))
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

;; I39: what is vested may only have grown since the last look.
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

;; I2, I13.
(define-read-only (invariant-liability-is-what-is-owed)
  (let ((owed (fold add-owed IDS {stx: u0, alt: u0})))
    (and
      (is-eq (get stx owed) (get-liability .sluice-stx))
      (is-eq (get alt owed) (get-liability .stand-in))
    )
  )
)

;; I38, I40, I41, I45.
(define-read-only (invariant-rows-are-sound)
  (fold row-is-sound IDS true)
)

;; I53.
(define-read-only (invariant-ids-follow-each-other)
  (fold id-follows IDS true)
)

;; I57.
(define-read-only (invariant-soulbound-stays)
  (fold soulbound-stays IDS true)
)

;; I45.
(define-read-only (invariant-renounced-stays)
  (fold renounced-stays IDS true)
)

;; --- properties of the arithmetic ---

;; I38, I39.
(define-public (test-vesting-is-monotone
    (deposit uint)
    (cliff-in uint)
    (runs uint)
    (unlock uint)
    (step uint)
    (t uint)
    (later uint)
  )
  (let (
      (amount (mod (* deposit u36893488147419103232) MAX-DEPOSIT))
      (start (mod t u1000))
      (cliff (+ start (mod cliff-in u100000)))
      (end (+ cliff u1 (mod (* runs u2) (- MAX-DURATION u200000))))
      (at-start (mod (* unlock u34359738368) (+ amount u1)))
      (every (+ u1 (mod step u1000000)))
      (early (mod (* t u3) u5000000000))
      (late (+ early (mod later u1000000000)))
      (a (linear-vested amount start cliff end at-start u0 every early))
      (b (linear-vested amount start cliff end at-start u0 every late))
    )
    (asserts! (<= a b) (err u901))
    (asserts! (<= b amount) (err u902))
    (asserts! (is-eq (linear-vested amount start cliff end at-start u0 every end) amount) (err u903))
    (asserts!
      (or (is-eq start u0)
        (is-eq (linear-vested amount start cliff end at-start u0 every (- start u1)) u0)
      )
      (err u904)
    )
    (ok true)
  )
)

;; I52.
(define-public (test-views-never-fail (id uint) (t uint) (far bool))
  (let ((at (if far (* t u79228162514264337593543950336) t)))
    (asserts! (<= (withdrawable-at id at) (vested-at id at)) (err u911))
    (asserts! (<= (own-time none (mod t MAX-PAUSE) at) at) (err u912))
    (asserts! (<= (own-time (some t) (mod t MAX-PAUSE) at) at) (err u913))
    (status id)
    (ok true)
  )
)

(define-public (test-own-time-is-monotone (since uint) (total uint) (t uint) (later uint))
  (let ((used (mod total (+ MAX-PAUSE u1))))
    (asserts!
      (<= (own-time (some since) used t) (own-time (some since) used (+ t later)))
      (err u921)
    )
    (asserts! (<= (own-time none used t) (own-time none used (+ t later))) (err u922))
    (ok true)
  )
)

(define-public (test-top-up-never-raises-the-rate (left uint) (amount uint) (span uint))
  (let (
      (l (+ u1 left))
      (s (+ u1 (mod span MAX-DURATION)))
      (end (extended-end l amount u0 s))
    )
    ;; (l + amount) / end <= l / s, multiplied out
    (asserts! (<= (* (+ l amount) s) (* l end)) (err u931))
    (asserts! (>= end s) (err u932))
    (ok true)
  )
)

;; --- private ---

(define-private (fold-id (id uint))
  (+ u1 (mod id (if (is-eq (var-get last-id) u0) u1 (var-get last-id))))
)

;; Streams are made all along, not all at the beginning.
(define-private (has-room)
  (< (var-get last-id) (min-of IDS-MAX (+ u5 (/ (- burn-block-height BORN) u800))))
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

(define-private (look (id uint))
  (let ((vested (vested-at id stacks-block-time)))
    (expect "vested never falls" (>= vested (default-to u0 (map-get? seen-vested id))))
    (map-set seen-vested id vested)
  )
)

(define-private (add-owed (id uint) (sum {stx: uint, alt: uint}))
  (match (map-get? streams id)
    s (if (is-eq (get token s) .sluice-stx)
      (merge sum {stx: (+ (get stx sum) (remaining id))})
      (merge sum {alt: (+ (get alt sum) (remaining id))})
    )
    sum
  )
)

(define-private (row-is-sound (id uint) (sound bool))
  (match (map-get? streams id)
    s (let ((vested (vested-at id stacks-block-time)))
      (and
        sound
        (<= (get withdrawn s) vested)
        (<= vested (get deposit s))
        (<= (+ (get withdrawn s) (get refunded s)) (get deposit s))
        (or (get canceled s) (is-eq (+ vested (refundable id)) (get deposit s)))
        (<= (get paused-total s) MAX-PAUSE)
        (is-some (status id))
        (not (and (get canceled s) (get cancelable s)))
      )
    )
    sound
  )
)

(define-private (id-follows (id uint) (sound bool))
  (and sound (is-eq (<= id (var-get last-id)) (is-some (map-get? streams id))))
)

(define-private (soulbound-stays (id uint) (sound bool))
  (match (map-get? streams id)
    s (and
      sound
      (or
        (get transferable s)
        (is-none (nft-get-owner? position id))
        (is-none (map-get? first-owners id))
        (is-eq (nft-get-owner? position id) (map-get? first-owners id))
      )
    )
    sound
  )
)

(define-private (renounced-stays (id uint) (sound bool))
  (and
    sound
    (not (and
      (default-to false (map-get? renounced id))
      (default-to false (get cancelable (map-get? streams id)))
    ))
  )
)
