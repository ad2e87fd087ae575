;; sluice-oracle: one price in US dollars from one or two independent sources.
;;
;; Prices are scaled by 1e8. Nothing is remembered between reads, so a bad price
;; can never block the next good one, and no exit anywhere depends on a price.

(use-trait price-source .sluice-traits.price-source)

(define-constant ERR-NOT-AUTHORIZED (err u3000)) ;; the caller lacks the role
(define-constant ERR-NOT-FOUND (err u3001)) ;; no source is set for this asset
(define-constant ERR-AMOUNT (err u3003)) ;; a price or a limit is zero or out of range
(define-constant ERR-STALE (err u3010)) ;; older than the source's maximum age
(define-constant ERR-FUTURE (err u3011)) ;; stamped more than MAX-AHEAD seconds ahead
(define-constant ERR-CONF (err u3012)) ;; the source is not sure enough
(define-constant ERR-DEVIATION (err u3013)) ;; two fresh sources disagree
(define-constant ERR-SOURCE (err u3014)) ;; not the adapter that is set for this asset

(define-constant GUARDIAN u1)
(define-constant LISTER u2)
(define-constant BPS u10000)
(define-constant MAX-BPS-LIMIT u1000) ;; no tolerance above 10 %
(define-constant MAX-AGE-LIMIT u172800) ;; seconds; no price older than two days
(define-constant MAX-AHEAD u60) ;; seconds
(define-constant MAX-PRICE u79228162514264337593543950335) ;; 2^96 - 1
(define-constant USED-A u1)
(define-constant USED-B u2)
(define-constant USED-BOTH u3)

(define-data-var seq uint u0)

(define-map sources (string-ascii 16) {
  a: principal,
  b: (optional principal),
  max-age-a: uint,
  max-age-b: uint,
  max-conf-bps: uint,
  max-dev-bps: uint
})

;; --- read-only ---

(define-read-only (get-source (asset (string-ascii 16)))
  (map-get? sources asset)
)

(define-read-only (op-set-source
    (asset (string-ascii 16))
    (a principal)
    (b (optional principal))
    (max-age-a uint)
    (max-age-b uint)
    (max-conf-bps uint)
    (max-dev-bps uint)
  )
  (sha256 (unwrap-panic (to-consensus-buff? {
    fn: "set-source", module: current-contract, asset: asset, a: a, b: b,
    max-age-a: max-age-a, max-age-b: max-age-b, max-conf-bps: max-conf-bps,
    max-dev-bps: max-dev-bps
  })))
)

;; --- public ---

;; Choose where an asset's price comes from, and how old, unsure and apart it may be.
;; Who: a LISTER, with a due operation op-set-source.
;; Holds: 1 <= ages <= MAX-AGE-LIMIT seconds; tolerances <= MAX-BPS-LIMIT; a and b differ.
;; Prints: oracle.source-set {asset, a, b, max-age-a, max-age-b, max-conf-bps, max-dev-bps}.
(define-public (set-source
    (asset (string-ascii 16))
    (a principal)
    (b (optional principal))
    (max-age-a uint)
    (max-age-b uint)
    (max-conf-bps uint)
    (max-dev-bps uint)
  )
  (begin
    (try! (assert-role LISTER))
    (asserts! (and (> max-age-a u0) (<= max-age-a MAX-AGE-LIMIT)) ERR-AMOUNT)
    (asserts! (and (> max-age-b u0) (<= max-age-b MAX-AGE-LIMIT)) ERR-AMOUNT)
    (asserts! (and (<= max-conf-bps MAX-BPS-LIMIT) (<= max-dev-bps MAX-BPS-LIMIT)) ERR-AMOUNT)
    (asserts! (not (is-eq (some a) b)) ERR-SOURCE)
    (try! (contract-call? .sluice-access consume
      (op-set-source asset a b max-age-a max-age-b max-conf-bps max-dev-bps)
    ))
    (map-set sources asset {
      a: a, b: b, max-age-a: max-age-a, max-age-b: max-age-b,
      max-conf-bps: max-conf-bps, max-dev-bps: max-dev-bps
    })
    (print {
      sluice: u1, seq: (next-seq), ev: "oracle.source-set", id: u0, actor: contract-caller,
      token: current-contract, amount: u0,
      data: {
        asset: asset, a: a, b: b, max-age-a: max-age-a, max-age-b: max-age-b,
        max-conf-bps: max-conf-bps, max-dev-bps: max-dev-bps
      }
    })
    (ok true)
  )
)

;; Stop giving a price for an asset, at once.
;; Who: a GUARDIAN. Holds: a source is set. Prints: oracle.source-dropped {asset}.
(define-public (drop-source (asset (string-ascii 16)))
  (begin
    (try! (assert-role GUARDIAN))
    (asserts! (map-delete sources asset) ERR-NOT-FOUND)
    (print {
      sluice: u1, seq: (next-seq), ev: "oracle.source-dropped", id: u0,
      actor: contract-caller, token: current-contract, amount: u0, data: {asset: asset}
    })
    (ok true)
  )
)

;; The price of an asset now. With two fresh sources they must agree and the first one's
;; price counts; with one fresh source that one counts; with none, the first one's error.
;; An asset with a single source takes its adapter for both arguments.
;; Who: anyone; public only because a read-only function cannot call a trait.
;; Holds: source-a and source-b are the adapters that are set.
;; Prints: nothing; nothing changes.
(define-public (read-usd
    (asset (string-ascii 16))
    (source-a <price-source>)
    (source-b <price-source>)
  )
  (let (
      (row (unwrap! (map-get? sources asset) ERR-NOT-FOUND))
      (b (default-to (get a row) (get b row)))
    )
    (asserts! (is-eq (contract-of source-a) (get a row)) ERR-SOURCE)
    (asserts! (is-eq (contract-of source-b) b) ERR-SOURCE)
    (let ((from-a (ask source-a asset (get max-age-a row) (get max-conf-bps row))))
      (if (is-none (get b row))
        (let ((only (try! from-a)))
          (ok {price: (get price only), at: (get at only), used: USED-A})
        )
        (combine
          from-a
          (ask source-b asset (get max-age-b row) (get max-conf-bps row))
          (get max-dev-bps row)
        )
      )
    )
  )
)

;; --- private ---

(define-private (combine
    (from-a (response {price: uint, at: uint} uint))
    (from-b (response {price: uint, at: uint} uint))
    (max-dev-bps uint)
  )
  (match from-a
    a (match from-b
      b (begin
        (asserts! (agree (get price a) (get price b) max-dev-bps) ERR-DEVIATION)
        (ok {price: (get price a), at: (get at a), used: USED-BOTH})
      )
      b-error (ok {price: (get price a), at: (get at a), used: USED-A})
    )
    a-error (match from-b
      b (ok {price: (get price b), at: (get at b), used: USED-B})
      b-error (err a-error)
    )
  )
)

;; Ask one source and judge the answer.
(define-private (ask
    (source <price-source>)
    (asset (string-ascii 16))
    (max-age uint)
    (max-conf-bps uint)
  )
  (let (
      (quote (try! (contract-call? source get-usd asset)))
      (price (get price quote))
      (conf (get conf quote))
      (at (get at quote))
    )
    (asserts! (and (> price u0) (<= price MAX-PRICE)) ERR-AMOUNT)
    (asserts! (<= at (+ stacks-block-time MAX-AHEAD)) ERR-FUTURE)
    (asserts! (or (>= at stacks-block-time) (<= (- stacks-block-time at) max-age)) ERR-STALE)
    (asserts! (<= conf price) ERR-CONF)
    (asserts! (<= (* conf BPS) (* price max-conf-bps)) ERR-CONF)
    (ok {price: price, at: at})
  )
)

(define-private (agree (a uint) (b uint) (max-dev-bps uint))
  (<= (* (if (> a b) (- a b) (- b a)) BPS) (* a max-dev-bps))
)

(define-private (assert-role (role uint))
  (ok (asserts! (contract-call? .sluice-access has-role role contract-caller) ERR-NOT-AUTHORIZED))
)

(define-private (next-seq)
  (let ((n (+ (var-get seq) u1)))
    (var-set seq n)
    n
  )
)
