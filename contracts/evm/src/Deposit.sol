// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What every deposit address does: it passes on what it holds to one destination, and nothing else.
///
/// A deposit is a clone of this contract: EIP-1167's proxy, with the destination's twenty bytes behind
/// it. The address of a clone commits to its code (CREATE2, EIP-1014), so it commits to the
/// destination too. There is no owner, no setting, no storage, no upgrade and no selfdestruct.
contract Deposit {
    /// Called on this contract itself, which has no destination and must hold nothing.
    error NotADeposit();
    /// The token has no balance to tell, so it is no token.
    error NotAToken(address token);
    /// The token, or the destination, would not let the money move.
    error NotMoved(address token, uint256 units);

    uint256 private constant CLONE_BYTES = 65;
    uint256 private constant PROXY_BYTES = 45;

    /// Network's own coin may come here as well.
    receive() external payable {}

    /// Where everything goes that comes here.
    function destination() public view returns (address payee) {
        // In a delegated call this is the clone: its code, not ours.
        if (address(this).code.length != CLONE_BYTES) revert NotADeposit();
        assembly ("memory-safe") {
            extcodecopy(address(), 0, PROXY_BYTES, 20)
            payee := shr(96, mload(0))
        }
    }

    /// Pass on all that is held of a token, or with the zero address of the network's own coin.
    /// Anybody may call it: there is only one place it can pay. Returns what was held.
    function flush(address token) external returns (uint256 units) {
        address payee = destination();
        if (token == address(0)) {
            units = address(this).balance;
            if (units != 0) {
                (bool isPaid,) = payee.call{value: units}("");
                if (!isPaid) revert NotMoved(token, units);
            }
            return units;
        }
        (bool isTold, bytes memory told) =
            token.staticcall(abi.encodeWithSignature("balanceOf(address)", address(this)));
        if (!isTold || told.length < 32) revert NotAToken(token);
        units = abi.decode(told, (uint256));
        if (units == 0) return 0;
        (bool isDone, bytes memory said) =
            token.call(abi.encodeWithSignature("transfer(address,uint256)", payee, units));
        // Tether's first contract returns nothing; others return true, or false instead of failing.
        if (!isDone || (said.length != 0 && (said.length < 32 || uint256(bytes32(said)) != 1))) {
            revert NotMoved(token, units);
        }
    }
}
