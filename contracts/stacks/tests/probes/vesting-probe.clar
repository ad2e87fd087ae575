;; Asks sluice-streams and sluice-flow for many values in one call.

(define-read-only (linear (cases (list 50 {
    deposit: uint, start: uint, cliff: uint, end: uint, unlock-start: uint, unlock-cliff: uint,
    step: uint, t: uint
  })))
  (map linear-one cases)
)

(define-read-only (tranched (cases (list 20 {
    steps: (list 24 {at: uint, amount: uint}), t: uint
  })))
  (map tranched-one cases)
)

(define-read-only (debt (cases (list 50 {
    snap-debt: uint, snap-time: uint, rate: uint, most: (optional uint), t: uint
  })))
  (map debt-one cases)
)

(define-read-only (dry (cases (list 50 {
    balance: uint, snap-debt: uint, snap-time: uint, rate: uint
  })))
  (map dry-one cases)
)

(define-read-only (clock (cases (list 50 {
    paused-at: (optional uint), paused-total: uint, t: uint
  })))
  (map clock-one cases)
)

(define-read-only (extended (cases (list 50 {left: uint, amount: uint, t: uint, end: uint})))
  (map extended-one cases)
)

(define-private (linear-one (c {
    deposit: uint, start: uint, cliff: uint, end: uint, unlock-start: uint, unlock-cliff: uint,
    step: uint, t: uint
  }))
  (contract-call? .sluice-streams linear-vested (get deposit c) (get start c) (get cliff c)
    (get end c) (get unlock-start c) (get unlock-cliff c) (get step c) (get t c)
  )
)

(define-private (tranched-one (c {steps: (list 24 {at: uint, amount: uint}), t: uint}))
  (contract-call? .sluice-streams tranched-vested (get steps c) (get t c))
)

(define-private (debt-one (c {
    snap-debt: uint, snap-time: uint, rate: uint, most: (optional uint), t: uint
  }))
  (contract-call? .sluice-flow scaled-debt (get snap-debt c) (get snap-time c) (get rate c)
    (get most c) (get t c)
  )
)

(define-private (dry-one (c {balance: uint, snap-debt: uint, snap-time: uint, rate: uint}))
  (contract-call? .sluice-flow first-uncovered (get balance c) (get snap-debt c)
    (get snap-time c) (get rate c)
  )
)

(define-private (clock-one (c {paused-at: (optional uint), paused-total: uint, t: uint}))
  (contract-call? .sluice-streams own-time (get paused-at c) (get paused-total c) (get t c))
)

(define-private (extended-one (c {left: uint, amount: uint, t: uint, end: uint}))
  (contract-call? .sluice-streams extended-end (get left c) (get amount c) (get t c) (get end c))
)
