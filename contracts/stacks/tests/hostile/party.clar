;; A contract that is a party to an escrow: whoever calls it, it acts in its own name.
(define-constant SBTC 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token)

(define-public (open (payee principal) (arbiter principal) (amount uint))
  (as-contract? ((with-ft SBTC "sbtc-token" amount))
    (try! (contract-call? .sluice-escrow open
      'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token
      payee arbiter amount u144 u144 u144 u5000
    ))
  )
)

(define-public (accept (id uint))
  (contract-call? .sluice-escrow accept id)
)

(define-public (deliver (id uint))
  (contract-call? .sluice-escrow deliver id 0x00)
)

(define-public (dispute (id uint))
  (contract-call? .sluice-escrow dispute id 0x00)
)

(define-public (propose-split (id uint) (bps uint))
  (contract-call? .sluice-escrow propose-split id bps)
)

(define-public (release-part (id uint) (amount uint))
  (contract-call? .sluice-escrow release-part id
    'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token amount)
)

(define-public (refund-part (id uint) (amount uint))
  (contract-call? .sluice-escrow refund-part id
    'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token amount)
)

(define-public (accept-split (id uint) (bps uint))
  (contract-call? .sluice-escrow accept-split id
    'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token bps)
)

(define-public (resolve (id uint) (bps uint))
  (contract-call? .sluice-escrow resolve id
    'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token bps)
)

(define-public (release (id uint))
  (contract-call? .sluice-escrow release id
    'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token)
)

(define-public (skim)
  (contract-call? .sluice-escrow skim
    'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token)
)

(define-public (set-fee (bps uint))
  (contract-call? .sluice-escrow set-fee bps)
)
