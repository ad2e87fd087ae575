// What tells one Stacks network from another, and the contracts that are on it from the start.

export const NETWORKS = {
  testnet: { name: "testnet", chainId: 0x80000000, version: 0x80, single: 26, multi: 21, peer: 0xff000000 },
  mainnet: { name: "mainnet", chainId: 0x00000001, version: 0x00, single: 22, multi: 20, peer: 0x18000000 },
};

/** The deployer of the sBTC contracts, which the SDK carries in every session, whatever the network. */
export const SBTC_DEPLOYER = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4";
export const SBTC = `${SBTC_DEPLOYER}.sbtc-token::sbtc-token`;

/** Where fees go: nobody has its key. */
export const MINER = { testnet: "ST000000000000000000002AMW42H", mainnet: "SP000000000000000000002Q6VF78" };

/** Say whether an address's version byte belongs to the network. */
export const belongs = (network, version) => version === network.single || version === network.multi;

/** Return the address version of a spending condition: only plain P2PKH has a single-key address. */
export const versionOf = (network, hashMode) => (hashMode === 0 ? network.single : network.multi);
