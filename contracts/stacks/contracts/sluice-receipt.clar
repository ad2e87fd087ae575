;; sluice-receipt: proof that somebody paid or was paid. A soulbound SIP-009
;; collection; a receipt is minted only when its owner asks for it.

(impl-trait .sluice-traits.sip009)

(define-constant ERR-NOT-AUTHORIZED (err u7500)) ;; not a party to it, not the owner, or no role
(define-constant ERR-NOT-FOUND (err u7501)) ;; no such payment, stream or receipt
(define-constant ERR-EXISTS (err u7507)) ;; the caller has this receipt, or had it and burned it
(define-constant ERR-SOULBOUND (err u7510)) ;; receipts never change hands

(define-constant PAYMENT u1)
(define-constant STREAM u2)
(define-constant LISTER u2)

(define-non-fungible-token receipt uint)

(define-data-var last-id uint u0)
(define-data-var base-uri (string-ascii 200) "")
(define-data-var seq uint u0)

(define-map receipts uint {kind: uint, ref-id: uint, who: principal})
(define-map claims {kind: uint, ref-id: uint, who: principal} uint)

;; --- read-only ---

(define-read-only (get-last-token-id)
  (ok (var-get last-id))
)

(define-read-only (get-token-uri (id uint))
  (ok (if (is-eq (var-get base-uri) "")
    none
    (some (concat (concat (var-get base-uri) (int-to-ascii id)) ".json"))
  ))
)

(define-read-only (get-owner (id uint))
  (ok (nft-get-owner? receipt id))
)

;; What a receipt is for.
(define-read-only (get-receipt (id uint))
  (map-get? receipts id)
)

;; The receipt somebody claimed for a payment (kind u1) or a stream (kind u2).
(define-read-only (get-claim (kind uint) (ref-id uint) (who principal))
  (map-get? claims {kind: kind, ref-id: ref-id, who: who})
)

;; --- public ---

;; Claim the receipt of a gateway payment.
;; Who: its payer, or the merchant's owner. Holds: not claimed by the caller before.
;; Prints: receipt.minted {kind, ref-id, who}.
(define-public (claim-payment (payment uint))
  (let (
      (p (unwrap! (contract-call? .sluice-gateway get-payment payment) ERR-NOT-FOUND))
      (merchant (get merchant p))
      (m (unwrap! (contract-call? .sluice-gateway get-merchant merchant) ERR-NOT-FOUND))
    )
    (asserts!
      (or (is-eq contract-caller (get payer p)) (is-eq contract-caller (get owner m)))
      ERR-NOT-AUTHORIZED
    )
    (mint PAYMENT payment)
  )
)

;; Claim the receipt of a stream.
;; Who: its payer, or the payee as long as the position has never changed hands.
;; Holds: not claimed by the caller before. Prints: receipt.minted {kind, ref-id, who}.
(define-public (claim-stream (id uint))
  (let (
      (s (unwrap! (contract-call? .sluice-streams get-stream id) ERR-NOT-FOUND))
      (payee (unwrap! (contract-call? .sluice-streams get-owner id) ERR-NOT-FOUND))
    )
    (asserts!
      (or
        (is-eq contract-caller (get payer s))
        (and
          (is-eq (some contract-caller) payee)
          (is-eq (contract-call? .sluice-streams get-nonce id) u0)
        )
      )
      ERR-NOT-AUTHORIZED
    )
    (mint STREAM id)
  )
)

;; Refuse: a receipt belongs to who earned it.
;; Who: nobody. Holds: never. Prints: nothing.
(define-public (transfer (id uint) (sender principal) (recipient principal))
  (begin
    (asserts! (is-eq (nft-get-owner? receipt id) none) ERR-SOULBOUND)
    ERR-NOT-FOUND
  )
)

;; Destroy a receipt; it cannot be claimed again.
;; Who: its owner. Holds: it exists. Prints: receipt.burned {kind, ref-id, who}.
(define-public (burn (id uint))
  (let (
      (r (unwrap! (map-get? receipts id) ERR-NOT-FOUND))
      (who (get who r))
    )
    (asserts! (is-eq contract-caller who) ERR-NOT-AUTHORIZED)
    (map-delete receipts id)
    (unwrap! (nft-burn? receipt id who) ERR-NOT-FOUND)
    (print {
      sluice: u1, seq: (next-seq), ev: "receipt.burned", id: id, actor: contract-caller,
      token: current-contract, amount: u0,
      data: {kind: (get kind r), ref-id: (get ref-id r), who: who}
    })
    (ok true)
  )
)

;; Say where the pictures and texts of receipts are kept: <uri><id>.json.
;; Who: a LISTER. Holds: nothing.
;; Prints: receipt.base-uri-set {uri}, and the SIP-019 notice for wallets.
(define-public (set-base-uri (uri (string-ascii 200)))
  (begin
    (asserts!
      (contract-call? .sluice-access has-role LISTER contract-caller)
      ERR-NOT-AUTHORIZED
    )
    (var-set base-uri uri)
    (print {
      notification: "token-metadata-update",
      payload: {token-class: "nft", contract-id: current-contract}
    })
    (print {
      sluice: u1, seq: (next-seq), ev: "receipt.base-uri-set", id: u0,
      actor: contract-caller, token: current-contract, amount: u0, data: {uri: uri}
    })
    (ok true)
  )
)

;; --- private ---

(define-private (mint (kind uint) (ref-id uint))
  (let (
      (id (+ (var-get last-id) u1))
      (row {kind: kind, ref-id: ref-id, who: contract-caller})
    )
    (asserts! (map-insert claims row id) ERR-EXISTS)
    (var-set last-id id)
    (map-set receipts id row)
    (try! (nft-mint? receipt id contract-caller))
    (print {
      sluice: u1, seq: (next-seq), ev: "receipt.minted", id: id, actor: contract-caller,
      token: current-contract, amount: u0,
      data: {kind: kind, ref-id: ref-id, who: contract-caller}
    })
    (ok id)
  )
)

(define-private (next-seq)
  (let ((n (+ (var-get seq) u1)))
    (var-set seq n)
    n
  )
)
