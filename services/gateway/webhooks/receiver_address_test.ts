import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { checkAddress, checkUrl, ForbiddenTarget, resolveTarget } from "./receiver_address.ts";

const strict = { privateAddresses: false }, open = { privateAddresses: true };

Deno.test("checkUrl() takes http and https, and no other protocol, names or passwords", () => {
  for (
    const url of [
      "https://example.org/hook?a=1",
      "http://example.org:8080/",
      "https://1.1.1.1/",
      "http://[2606:4700::1]/",
    ]
  ) {
    assertEquals(checkUrl(url, strict).href, new URL(url).href);
  }
  for (
    const url of [
      "file:///etc/passwd",
      "ftp://example.org/",
      "gopher://example.org",
      "javascript:alert(1)",
      "no url",
      "",
    ]
  ) {
    assertThrows(() => checkUrl(url, open), ForbiddenTarget);
  }
  assertThrows(
    () => checkUrl("https://user:password@example.org/", open),
    ForbiddenTarget,
    "name or password",
  );
});

Deno.test("checkUrl() refuses addresses of this machine and its network however they are written, unless they are allowed", () => {
  const privately = [
    ...["127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"],
    ...["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[fc00::1]", "[fd12:3456::1]"],
    ...["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::10.0.0.1]", "[2002:a00:1::]"],
  ];
  for (const host of privately) {
    assertThrows(() => checkUrl(`http://${host}/`, strict), ForbiddenTarget, "private address");
    checkUrl(`http://${host}/`, open);
  }
  for (const host of ["172.32.0.1", "11.0.0.1", "192.169.0.1", "[::ffff:8.8.8.8]", "[64:ff9b::8.8.8.8]"]) {
    checkUrl(`http://${host}/`, strict);
  }
});

Deno.test("checkUrl() refuses metadata services, link-local, multicast and reserved addresses always", () => {
  const never = [
    ...["169.254.169.254", "169.254.170.2", "0.0.0.0", "224.0.0.1", "255.255.255.255", "100.100.100.200"],
    ...[
      "[fe80::1]",
      "[ff02::1]",
      "[::]",
      "[fd00:ec2::254]",
      "[::ffff:169.254.169.254]",
      "[2002:a9fe:a9fe::]",
    ],
    ...["0xa9fea9fe", "2852039166"],
  ];
  for (const host of never) {
    assertThrows(
      () => checkUrl(`http://${host}/latest/meta-data`, open),
      ForbiddenTarget,
      "never sent",
    );
  }
});

Deno.test("resolveTarget() judges what a name stands for, and says which address to ask", async () => {
  await assertRejects(() => resolveTarget("http://localhost:9999/", strict), ForbiddenTarget, "localhost (");
  const { url, address } = await resolveTarget("http://localhost:9999/x", open);
  assertEquals([url.host, ["127.0.0.1", "::1"].includes(address)], ["localhost:9999", true]);
  await assertRejects(() => resolveTarget("http://no-such-name.invalid/", open), Error, "cannot be resolved");
});

/** What becomes of a receiver: always allowed, only where the operator allows it, or never; or it is no URL. */
function verdictOf(check: (policy: typeof strict) => unknown): "public" | "private" | "never" | "no URL" {
  const refusal = (policy: typeof strict): string => {
    try {
      check(policy);
      return "";
    } catch (error) {
      if (error instanceof ForbiddenTarget) return error.message;
      throw error;
    }
  };
  const [text, openText] = [refusal(strict), refusal(open)];
  if (text.includes("is no URL")) return "no URL";
  if (text === "") return "public";
  if (text.includes("private address") && openText === "") return "private";
  assertEquals([text.includes("never sent"), openText], [true, text]);
  return "never";
}

const verdicts: [what: string, verdict: "public" | "private" | "never", addresses: string[]][] = [
  ["public", "public", ["8.8.8.8", "192.0.1.1", "100.63.255.255", "100.128.0.1", "2606:4700::1"]],
  ["this network", "never", ["0.0.0.0", "0.1.2.3", "0.255.255.255", "::"]],
  ["loopback", "private", ["127.0.0.1", "127.255.255.254", "::1"]],
  ["private", "private", ["10.0.0.0", "172.16.0.0", "172.31.255.255", "192.168.255.255"]],
  ["unique local", "private", ["fc00::", "fdff:ffff::1"]],
  ["carrier-grade NAT", "private", ["100.64.0.0", "100.127.255.255"]],
  ["link-local", "never", ["169.254.0.0", "169.254.255.255", "fe80::1", "febf::1"]],
  ["link-local with a zone", "never", ["fe80::1%eth0", "fe80::1%1"]],
  ["site-local", "never", ["fec0::1"]],
  ["protocols, documentation, benchmarks", "private", [
    ...["192.0.0.0", "192.0.0.255", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255"],
    ...["198.51.100.1", "203.0.113.1", "2001:db8::1", "2001:2::1", "3fff::1"],
  ]],
  ["multicast and broadcast", "never", ["224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1"]],
  ["reserved", "never", ["240.0.0.1", "100::1", "4000::1", "5f00::1"]],
  ["metadata", "never", [
    ...["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192"],
    "fd00:ec2::254",
  ]],
  ["IPv4 compatible", "private", ["::127.0.0.1", "::a00:1"]],
  ["IPv4 mapped", "never", ["::ffff:169.254.169.254", "::ffff:0.0.0.0", "::ffff:a9fe:a9fe"]],
  ["IPv4 mapped", "private", ["::ffff:10.0.0.1", "::ffff:c0a8:101"]],
  ["IPv4 mapped", "public", ["::ffff:8.8.8.8"]],
  ["IPv4 translated", "never", ["::ffff:0:169.254.169.254"]],
  ["IPv4 translated", "private", ["::ffff:0:127.0.0.1"]],
  ["NAT64", "never", ["64:ff9b::169.254.169.254", "64:ff9b::255.255.255.255"]],
  ["NAT64", "private", ["64:ff9b::10.0.0.1", "64:ff9b::7f00:1"]],
  ["NAT64", "public", ["64:ff9b::8.8.8.8"]],
  ["NAT64 of one network", "never", ["64:ff9b:1::8.8.8.8", "64:ff9b:1:a9fe:a9:fe00::"]],
  ["6to4", "never", ["2002:a9fe:a9fe::1", "2002:e000:1::"]],
  ["6to4", "private", ["2002:a00:1::", "2002:c0a8:101:5::5"]],
  ["6to4", "public", ["2002:808:808::1"]],
  ["Teredo", "never", ["2001::1", "2001:0:808:808:0:0:5601:5601"]],
];
for (const [what, verdict, addresses] of verdicts) {
  Deno.test(`checkAddress() finds ${addresses[0]} (${what}) and its like ${verdict}`, () => {
    const found = addresses.map((address) => [
      address,
      verdictOf((policy) => checkAddress(address, "hook.example", policy)),
    ]);
    assertEquals(found, addresses.map((address) => [address, verdict]));
  });
}

Deno.test("checkAddress() refuses what is no address, and names the host", () => {
  assertThrows(() => checkAddress("", "hook.example", open), ForbiddenTarget, "hook.example leads to");
  assertThrows(
    () => checkAddress("10.0.0.1", "hook.example", strict),
    ForbiddenTarget,
    "hook.example (10.0.0.1)",
  );
});

Deno.test("checkUrl() sees through every way in which a URL may write an IPv4 address", () => {
  const loopback = [
    ...["2130706433", "0x7f000001", "0x7f.0x0.0x0.0x1", "017700000001", "0177.0.0.1", "127.1", "127.0.1"],
    ...["127.0.0.1.", "0x7F.1", "%31%32%37.0.0.1", "\uff11\uff12\uff17.0.0.1", "127\u30020.0.1"],
  ];
  const never = ["0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376", "169.16689662", "0", "0x0", "4294967295"];
  // Too large a number, too many parts, and a zone, which a URL cannot hold.
  const none = ["4294967296", "256.1.1.1", "1.2.3.4.5", "[fe80::1%25eth0]", "[::1"];
  const found = (hosts: string[]) =>
    hosts.map((host) => [host, verdictOf((policy) => checkUrl(`http://${host}/`, policy))]);
  assertEquals(found(loopback), loopback.map((host) => [host, "private"]));
  assertEquals(found(never), never.map((host) => [host, "never"]));
  assertEquals(found(none), none.map((host) => [host, "no URL"]));
});

Deno.test("checkUrl() refuses ports of other protocols, whatever is allowed", () => {
  for (const port of [0, 22, 25, 6379, 6667, 8080, 443]) {
    const ask = () => checkUrl(`http://example.org:${port}/`, open);
    if ([0, 22, 25, 6667].includes(port)) assertThrows(ask, ForbiddenTarget, `port ${port}`);
    else ask();
  }
});

Deno.test("checkUrl() refuses every exotic range of IPv6, whatever is allowed", () => {
  const exotic = [
    "64:ff9b:1::a00:1",
    "2001:0:1::1",
    "fec0::1",
    "100::1",
    "ff02::1",
    "2001:db8::1%25eth0",
    "fe80::1",
  ];
  for (const host of exotic) assertThrows(() => checkUrl(`http://[${host}]/`, open), ForbiddenTarget);
  assertThrows(() => checkUrl("http://192.88.99.1/", strict), ForbiddenTarget);
});
