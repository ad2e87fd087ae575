// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deposit} from "./Deposit.sol";

/// Makes deposits where they were said to be, and empties many in one transaction.
///
/// Everybody may call everything: a deposit can pay only its own destination, which its address
/// commits to. Nothing is kept here, so nothing here can be changed or taken away.
contract DepositFactory {
    /// What every clone runs.
    address public immutable implementation;

    /// A deposit would not let its money go; the others of the same call were emptied all the same.
    event Kept(address indexed deposit, address indexed token);

    /// What stands at the implementation's address is no code.
    error NoImplementation();

    constructor(address code) {
        if (code.code.length == 0) revert NoImplementation();
        implementation = code;
    }

    /// The code that makes a clone: EIP-1167's proxy with the destination behind it.
    function creationCode(address destination) public view returns (bytes memory) {
        return abi.encodePacked(
            hex"3d604180600a3d3981f3363d3d373d3d3d363d73",
            implementation,
            hex"5af43d82803e903d91602b57fd5bf3",
            destination
        );
    }

    /// Where the deposit of this salt for this destination is, made or not.
    function addressOf(address destination, bytes32 salt) public view returns (address) {
        return _at(keccak256(creationCode(destination)), salt);
    }

    /// What the deposits hold of a token, or with the zero address of the network's own coin.
    function balancesOf(address destination, address token, bytes32[] calldata salts)
        external
        view
        returns (uint256[] memory held)
    {
        bytes32 hash = keccak256(creationCode(destination));
        held = new uint256[](salts.length);
        for (uint256 i = 0; i < salts.length; i++) {
            address deposit = _at(hash, salts[i]);
            held[i] = token == address(0) ? deposit.balance : Token(token).balanceOf(deposit);
        }
    }

    /// Make the deposits that are not there yet and pass on what each holds of a token.
    /// One that cannot is told by `Kept` and stops no other. Returns what each passed on.
    function sweep(address destination, address token, bytes32[] calldata salts)
        external
        returns (uint256[] memory moved, bool[] memory isKept)
    {
        bytes memory code = creationCode(destination);
        bytes32 hash = keccak256(code);
        moved = new uint256[](salts.length);
        isKept = new bool[](salts.length);
        for (uint256 i = 0; i < salts.length; i++) {
            address deposit = _at(hash, salts[i]);
            if (deposit.code.length == 0 && !_make(code, salts[i])) {
                isKept[i] = true;
                emit Kept(deposit, token);
                continue;
            }
            try Deposit(payable(deposit)).flush(token) returns (uint256 units) {
                moved[i] = units;
            } catch {
                isKept[i] = true;
                emit Kept(deposit, token);
            }
        }
    }

    function _make(bytes memory code, bytes32 salt) private returns (bool isMade) {
        assembly ("memory-safe") {
            isMade := iszero(iszero(create2(0, add(code, 32), mload(code), salt)))
        }
    }

    function _at(bytes32 hash, bytes32 salt) private view returns (address) {
        return address(
            uint160(uint256(keccak256(abi.encodePacked(hex"ff", address(this), salt, hash))))
        );
    }
}

interface Token {
    function balanceOf(address holder) external view returns (uint256);
}
