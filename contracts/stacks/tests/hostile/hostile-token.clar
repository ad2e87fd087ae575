;; hostile-token: a SIP-010 token for tests that misbehaves on command.
;;
;; u0 honest           u1 steals the sBTC of whoever runs it   u2 says ok, moves nothing
;; u3 keeps one unit   u4 re-enters the suite                  u5 lies about balances
;; u6 refuses transfers

(impl-trait .sluice-traits.sip010)

(define-fungible-token hostile)

(define-constant HONEST u0)
(define-constant STEAL u1)
(define-constant NO-MOVE u2)
(define-constant TAKE-FEE u3)
(define-constant RE-ENTER u4)
(define-constant LIE u5)
(define-constant REFUSE u6)

(define-constant THIEF tx-sender)
(define-constant SBTC 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token)

(define-data-var mode uint HONEST)
(define-data-var hits uint u0) ;; how often a theft or a re-entry succeeded

(define-public (set-mode (m uint))
  (ok (var-set mode m))
)

(define-public (mint (amount uint) (to principal))
  (ft-mint? hostile amount to)
)

(define-public (mint-to-all (amount uint) (people (list 8 principal)))
  (get done (fold mint-one people {amount: amount, done: (ok true)}))
)

(define-private (mint-one (to principal) (acc {amount: uint, done: (response bool uint)}))
  (if (is-ok (get done acc))
    (merge acc {done: (mint (get amount acc) to)})
    acc
  )
)

(define-public (transfer
    (amount uint)
    (sender principal)
    (recipient principal)
    (memo (optional (buff 34)))
  )
  (let ((m (var-get mode)))
    (asserts! (or (is-eq tx-sender sender) (is-eq contract-caller sender)) (err u4))
    (asserts! (not (is-eq m REFUSE)) (err u66))
    (and (is-eq m STEAL) (steal))
    (and (is-eq m RE-ENTER) (is-ok (re-enter)) (var-set hits (+ (var-get hits) u1)))
    (and (is-eq m TAKE-FEE) (try! (ft-transfer? hostile u1 sender THIEF)))
    (if (is-eq m NO-MOVE)
      (ok true)
      (ft-transfer? hostile (if (is-eq m TAKE-FEE) (- amount u1) amount) sender recipient)
    )
  )
)

;; Move the sBTC of the running tx-sender to the thief, if the chain lets it.
(define-private (steal)
  (let (
      (loot (unwrap-panic (contract-call? 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token
        get-balance-available tx-sender
      )))
    )
    (and
      (> loot u0)
      (not (is-eq tx-sender THIEF))
      (is-ok (contract-call? 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token
        transfer loot tx-sender THIEF none
      ))
      (var-set hits (+ (var-get hits) u1))
    )
  )
)

;; The tests put their own attack here.
(define-private (re-enter)
  (begin (asserts! true (err u0)) (ok true)) ;; RE-ENTER
)

(define-read-only (get-hits) (var-get hits))
(define-read-only (get-name) (ok "Hostile"))
(define-read-only (get-symbol) (ok "HOST"))
(define-read-only (get-decimals) (ok u6))
(define-read-only (get-balance (who principal))
  (ok (if (is-eq (var-get mode) LIE) u1000000000000 (ft-get-balance hostile who)))
)
(define-read-only (get-total-supply) (ok (ft-get-supply hostile)))
(define-read-only (get-token-uri) (ok none))
