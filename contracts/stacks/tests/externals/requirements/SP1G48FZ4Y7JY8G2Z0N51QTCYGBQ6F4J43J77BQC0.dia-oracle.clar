;; Stands where DIA's oracle stands on mainnet, with the same answer shape, so
;; that tests can set prices. Not DIA's code.
(define-map entries (string-ascii 32) {value: uint, timestamp: uint})
(define-data-var down bool false)

(define-public (set-value (key (string-ascii 32)) (value uint) (timestamp uint))
  (ok (map-set entries key {value: value, timestamp: timestamp}))
)

(define-public (set-down (on bool))
  (ok (var-set down on))
)

(define-read-only (get-value (key (string-ascii 32)))
  (begin
    (asserts! (not (var-get down)) (err u100))
    (ok (default-to {value: u0, timestamp: u0} (map-get? entries key)))
  )
)
