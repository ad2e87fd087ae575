;; sluice-stx: a SIP-010 face over native STX, so that every module has one
;; path for all money. It holds nothing and remembers nothing.

(impl-trait .sluice-traits.sip010)

(define-constant ERR-NOT-SENDER (err u4)) ;; SIP-010: only the sender moves his own STX

(define-read-only (get-name)
  (ok "Stacks")
)

(define-read-only (get-symbol)
  (ok "STX")
)

(define-read-only (get-decimals)
  (ok u6)
)

;; Unlocked STX only: stacked STX cannot be spent.
(define-read-only (get-balance (who principal))
  (ok (stx-get-balance who))
)

(define-read-only (get-total-supply)
  (ok stx-liquid-supply)
)

(define-read-only (get-token-uri)
  (ok none)
)

;; Move STX.
;; Who: tx-sender, who must be `sender` (the rule of native STX transfers).
;; Holds: amount > 0, sender and recipient differ (native errors u1, u2, u3).
;; Prints: nothing of its own; the native STX event carries the memo.
(define-public (transfer
    (amount uint)
    (sender principal)
    (recipient principal)
    (memo (optional (buff 34)))
  )
  (begin
    (asserts! (is-eq tx-sender sender) ERR-NOT-SENDER)
    (match memo
      note (stx-transfer-memo? amount sender recipient note)
      (stx-transfer? amount sender recipient)
    )
  )
)
