;; Stands for sluice-tokens while fuzzing: STX and the stand-in token are listed.

(define-read-only (lookup (token principal))
  (let ((stx (is-eq token .sluice-stx)))
    (if (or stx (is-eq token .stand-in))
      (some {
        asset: (if stx "stx" "stand-in"), stx: stx, enabled: true, decimals: u6,
        min: u1, max: u79228162514264337593543950335, hash: 0x
      })
      none
    )
  )
)
