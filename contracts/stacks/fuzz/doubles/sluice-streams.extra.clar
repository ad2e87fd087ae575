
;; Added while another contract is fuzzed: there the owner of a position acts through
;; that contract, so he is tx-sender and not contract-caller.
(define-public (approve-as-sender (id uint) (operator principal))
  (begin
    (asserts! (is-eq (some tx-sender) (nft-get-owner? position id)) ERR-NOT-AUTHORIZED)
    (ok (map-set operators {id: id, nonce: (get-nonce id)} operator))
  )
)
