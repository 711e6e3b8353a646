/**
 * Where webhooks may go. A receiver's address is chosen by whoever makes the webhook, and the request comes from inside:
 * so addresses of this machine and its network are refused (unless they are allowed), and those where clouds hand out
 * credentials always.
 * @module
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** What is allowed. */
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

type Network = [network: string, prefix: number];
/** This network, link-local (metadata services), multicast, reserved; Alibaba's and AWS's metadata elsewhere. */
const NEVER: readonly Network[] = [
  ...[["0.0.0.0", 8], ["169.254.0.0", 16], ["224.0.0.0", 4], ["240.0.0.0", 4], [
    "100.100.100.200",
    32,
  ]] as Network[],
  ...[["::", 128], ["fe80::", 10], ["ff00::", 8], ["fd00:ec2::", 32]] as Network[],
];
/** Loopback, private, carrier-grade NAT, benchmarks, documentation. */
const PRIVATE: readonly Network[] = [
  ...[["127.0.0.0", 8], ["10.0.0.0", 8], ["172.16.0.0", 12], ["192.168.0.0", 16], [
    "100.64.0.0",
    10,
  ]] as Network[],
  ...[["192.0.0.0", 24], ["192.0.2.0", 24], ["198.18.0.0", 15], ["198.51.100.0", 24], [
    "203.0.113.0",
    24,
  ]] as Network[],
  ...[["::1", 128], ["fc00::", 7], ["2001:db8::", 32]] as Network[],
];
const never = listOf(NEVER), privately = listOf(PRIVATE);

/**
 * The URL, if a webhook may have it as far as can be told without asking a name server.
 *
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
  const literal = literalOf(url);
  if (isIP(literal) !== 0) checkAddress(literal, url.hostname, policy);
  return url;
}

/**
 * Where a URL leads now.
 *
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

function checkAddress(address: string, host: string, { privateAddresses }: AddressPolicy): void {
  const plain = embeddedIPv4(address) ?? address;
  const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
  const what = plain === host ? host : `${host} (${plain})`;
  if (never.check(plain, family)) {
    throw new ForbiddenTarget(`Webhooks are never sent to ${what}: it is link-local or reserved`);
  }
  if (!privateAddresses && privately.check(plain, family)) {
    throw new ForbiddenTarget(
      `Webhooks are not sent to ${what}: it is a private address; the operator may allow these (CUGRO_WEBHOOKS_PRIVATE=allow)`,
    );
  }
}

/** The IPv4 address inside of `::ffff:a.b.c.d` (mapped), `64:ff9b::` (NAT64) and `2002::` (6to4). */
function embeddedIPv4(address: string): string | undefined {
  if (isIP(address) !== 6) return undefined;
  const groups = groupsOf(address);
  const dotted = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join(".");
  const last = dotted(groups[6]!, groups[7]!);
  const zeros = (from: number, to: number) => groups.slice(from, to).every((group) => group === 0);
  if (zeros(0, 5) && (groups[5] === 0xffff || (groups[5] === 0 && groups[6] !== 0))) return last;
  if (groups[0] === 0x64 && groups[1] === 0xff9b && zeros(2, 6)) return last;
  return groups[0] === 0x2002 ? dotted(groups[1]!, groups[2]!) : undefined;
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  // The URL parser writes every form in hexadecimal groups with at most one `::`.
  const canonical = new URL(`http://[${address.replace(/%.*$/, "")}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const numbers = (part: string) =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return numbers(head);
  const [before, after] = [numbers(head), numbers(tail)];
  return [...before, ...new Array(8 - before.length - after.length).fill(0), ...after];
}

function listOf(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of networks) {
    list.addSubnet(network, prefix, isIP(network) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}
