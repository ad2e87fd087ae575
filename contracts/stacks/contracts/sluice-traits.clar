;; sluice-traits: the shapes the suite speaks. No state, no functions.
;;
;; Traits are structural: a token or a price adapter only has to offer these
;; functions, it does not have to declare them.

;; A fungible token (SIP-010).
(define-trait sip010
  (
    (transfer (uint principal principal (optional (buff 34))) (response bool uint))
    (get-name () (response (string-ascii 32) uint))
    (get-symbol () (response (string-ascii 32) uint))
    (get-decimals () (response uint uint))
    (get-balance (principal) (response uint uint))
    (get-total-supply () (response uint uint))
    (get-token-uri () (response (optional (string-utf8 256)) uint))
  )
)

;; A collection of non-fungible tokens (SIP-009).
(define-trait sip009
  (
    (get-last-token-id () (response uint uint))
    (get-token-uri (uint) (response (optional (string-ascii 256)) uint))
    (get-owner (uint) (response (optional principal) uint))
    (transfer (uint principal principal) (response bool uint))
  )
)

;; A price in US dollars, scaled by 1e8: what it is, how unsure the source is
;; about it (same scale), and the unix second it was true.
(define-trait price-source
  (
    (get-usd ((string-ascii 16)) (response {price: uint, conf: uint, at: uint} uint))
  )
)
