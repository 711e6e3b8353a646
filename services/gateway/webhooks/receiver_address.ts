/**
 * Where webhooks may go. A receiver's address is chosen by the webhook's author, and the request comes from inside:
 * so addresses of this machine and its network are refused (unless they are allowed), and those where clouds hand out
 * credentials always.
 * @module
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Allowed addresses. */
export interface AddressPolicy {
  /** Loopback and private networks too. */
  privateAddresses: boolean;
}

/** A receiver, resolved and checked: the request goes to `address`, whatever the name stands for a moment later. */
export interface Target {
  url: URL;
  address: string;
}

/** The receiver must not be asked. The message says why. */
export class ForbiddenTarget extends RangeError {
  override name = "ForbiddenTarget";
}

/**
 * Classes that the operator may open. `reserved` are the ranges of documentation and benchmarks, which some networks use
 * for themselves. Public addresses are `unicast`; every class that is named nowhere here is refused always.
 */
const PRIVATE_CLASSES: readonly string[] = [
  ...["loopback", "private", "carrierGradeNat", "uniqueLocal", "reserved", "benchmarking"],
];
/** Refused whatever their class: addresses reserved for the future, and where clouds answer with credentials. */
const NEVER = [
  "240.0.0.0/4",
  // Alibaba, Azure, Oracle, AWS; the others use 169.254.169.254, which is link-local.
  ...["100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::/32"],
].map((network) => ipaddr.parseCIDR(network));
/**
 * Ports of other protocols that the Fetch standard keeps browsers from: there, a request would be somebody's mail or shell.
 * 0 is no port.
 */
const OTHER_PROTOCOLS: ReadonlySet<number> = new Set([
  ...[
    0,
    1,
    7,
    9,
    11,
    13,
    15,
    17,
    19,
    20,
    21,
    22,
    23,
    25,
    37,
    42,
    43,
    53,
    69,
    77,
    79,
    87,
    95,
    101,
    102,
    103,
    104,
  ],
  ...[
    109,
    110,
    111,
    113,
    115,
    117,
    119,
    123,
    135,
    137,
    139,
    143,
    161,
    179,
    389,
    427,
    465,
    512,
    513,
    514,
    515,
  ],
  ...[526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049],
  ...[3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
]);
/** All public IPv6 addresses are in here. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * The URL, if a webhook may have it as far as can be told without asking a name server.
 *
 * @param text as it was handed over
 * @param policy which addresses are allowed
 * @returns parsed
 * @throws {ForbiddenTarget} saying what is wrong with it.
 */
export function checkUrl(text: string, policy: AddressPolicy): URL {
  if (!URL.canParse(text)) throw new ForbiddenTarget(`"${text.slice(0, 80)}" is no URL`);
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new ForbiddenTarget(
      `The URL must begin with https:// or http://: current protocol is "${url.protocol}"`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new ForbiddenTarget(
      "The URL must not hold a name or password: the receiver checks the signature instead",
    );
  }
  if (url.port !== "" && OTHER_PROTOCOLS.has(Number(url.port))) {
    throw new ForbiddenTarget(`Webhooks are not sent to port ${url.port}, which is another protocol's`);
  }
  const literal = literalOf(url);
  if (isIP(literal) !== 0) checkAddress(literal, url.hostname, policy);
  return url;
}

/**
 * Where a URL leads now.
 *
 * @param text a URL
 * @param policy which addresses are allowed
 * @returns the URL and one of its addresses, to connect to
 * @throws {ForbiddenTarget} when it, or any address of its name, is not allowed.
 * @throws {Error} when the name cannot be resolved.
 */
export async function resolveTarget(text: string, policy: AddressPolicy): Promise<Target> {
  const url = checkUrl(text, policy);
  const literal = literalOf(url);
  if (isIP(literal) !== 0) return { url, address: literal };
  const found = await lookup(literal, { all: true }).catch((cause) => {
    throw new Error(`The name ${url.hostname} cannot be resolved`, { cause });
  });
  for (const { address } of found) checkAddress(address, url.hostname, policy);
  const [first] = found;
  if (!first) throw new Error(`The name ${url.hostname} has no address`);
  return { url, address: first.address };
}

/** Host without the brackets of IPv6. */
function literalOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/**
 * Whether an address may be asked. An IPv4 address that IPv6 carries is judged as IPv4.
 *
 * @param host what the webhook names, for the message
 * @throws {ForbiddenTarget} when it is not allowed.
 */
export function checkAddress(address: string, host: string, { privateAddresses }: AddressPolicy): void {
  if (!ipaddr.isValid(address)) {
    throw new ForbiddenTarget(`${host} leads to "${address}", which is no address`);
  }
  const parsed = ipaddr.parse(address);
  const judged = embeddedIPv4(parsed) ?? parsed;
  const text = judged.toString();
  const what = text === host ? host : `${host} (${text})`;
  const verdict = judge(judged);
  if (verdict === "never") {
    throw new ForbiddenTarget(`Webhooks are never sent to ${what}: it is link-local or reserved`);
  }
  if (verdict === "private" && !privateAddresses) {
    throw new ForbiddenTarget(
      `Webhooks are not sent to ${what}: it is a private address; the operator may allow these (CUGRO_WEBHOOKS_PRIVATE=allow)`,
    );
  }
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function judge(address: Address): "public" | "private" | "never" {
  if (NEVER.some((network) => matches(address, network))) return "never";
  const addressClass: string = address.range();
  if (PRIVATE_CLASSES.includes(addressClass)) return "private";
  const isPublic = addressClass === "unicast" && (isIPv4(address) || address.match(GLOBAL_IPV6));
  return isPublic ? "public" : "never";
}

function matches(address: Address, network: [Address, number]): boolean {
  return address.kind() === network[0].kind() && address.match(network);
}

function isIPv4(address: Address): address is ipaddr.IPv4 {
  return address.kind() === "ipv4";
}

/**
 * The IPv4 address inside of `::a.b.c.d`, `::ffff:a.b.c.d` (mapped), `::ffff:0:a.b.c.d` (translated), `64:ff9b::a.b.c.d`
 * (NAT64) and `2002:<a.b.c.d>::` (6to4). Others that may carry one are refused by their class: Teredo, and the NAT64 of
 * single networks (`64:ff9b:1::`), where only these know which bits it is in.
 */
function embeddedIPv4(address: Address): ipaddr.IPv4 | undefined {
  if (isIPv4(address)) return undefined;
  const bytes = address.toByteArray();
  const { parts } = address;
  const addressClass: string = address.range();
  if (addressClass === "6to4") return new ipaddr.IPv4(bytes.slice(2, 6));
  const isTranslated = ["ipv4Mapped", "rfc6145"].includes(addressClass) ||
    (addressClass === "rfc6052" && parts[2] === 0);
  const isCompatible = addressClass === "unicast" && parts.slice(0, 6).every((part) => part === 0);
  return isTranslated || isCompatible ? new ipaddr.IPv4(bytes.slice(12)) : undefined;
}
