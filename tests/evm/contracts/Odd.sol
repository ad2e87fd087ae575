// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

interface Flushable {
    function flush(address token) external returns (uint256);
}

/// Calls whoever pays it again while it is being paid, and counts twice what it is not owed.
contract ReentrantToken {
    string public constant symbol = "USDC";
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;
    uint256 public turns;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        if (turns < 3) {
            turns += 1;
            Flushable(msg.sender).flush(address(this));
        }
        uint256 moved = value > balanceOf[msg.sender] ? balanceOf[msg.sender] : value;
        balanceOf[msg.sender] -= moved;
        balanceOf[to] += moved;
        emit Transfer(msg.sender, to, moved);
        return true;
    }
}

/// Says that it moved something and that it did not, in more words than anybody asked for.
contract WordyToken {
    string public constant symbol = "USDC";
    uint8 public constant decimals = 6;

    function balanceOf(address) external pure returns (uint256) {
        return 1;
    }

    function transfer(address, uint256) external pure {
        assembly {
            mstore(0, 2)
            return(0, 4096)
        }
    }
}

/// Does not want to be paid in the network's own coin.
contract Refuser {
    receive() external payable {
        revert("no");
    }
}

/// A wallet that is a contract: whoever it was opened for signs for it (EIP-1271).
contract SmartWallet {
    address public signer;

    function open(address key) external {
        require(signer == address(0));
        signer = key;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 65) return 0xffffffff;
        address found = ecrecover(
            digest, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64])
        );
        return found == signer && found != address(0) ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}
