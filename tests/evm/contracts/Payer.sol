// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

interface Token {
    function transfer(address to, uint256 value) external;
}

/// Pays out of its own balance inside another contract's call, as smart wallets and routers do.
contract Payer {
    function pay(address token, address[] calldata to, uint256[] calldata values) external {
        for (uint256 i = 0; i < to.length; i++) {
            Token(token).transfer(to[i], values[i]);
        }
    }

    /// Fails inside and goes on outside: the transaction succeeds, the transfer never was.
    function payAndUndo(address token, address to, uint256 value) external {
        try this.payThenFail(token, to, value) {} catch {}
    }

    function payThenFail(address token, address to, uint256 value) external {
        Token(token).transfer(to, value);
        revert("undone");
    }
}

/// Says no instead of failing, and tells nobody.
contract FalseToken {
    string public constant symbol = "USDC";
    uint8 public constant decimals = 6;

    function transfer(address, uint256) external pure returns (bool) {
        return false;
    }
}

/// Claims to be the real one and tells of transfers that never were.
contract FakeToken {
    string public constant symbol = "USDT";
    uint8 public constant decimals = 6;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function transfer(address to, uint256 value) external returns (bool) {
        emit Transfer(msg.sender, to, value);
        return true;
    }
}

/// Counts in eighteen decimals, as some networks' copies do.
contract WideToken {
    string public constant symbol = "USDC";
    uint8 public constant decimals = 18;
}
