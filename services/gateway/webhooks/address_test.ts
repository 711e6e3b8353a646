import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { checkUrl, ForbiddenTarget, resolveTarget } from "./address.ts";

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
  await assertRejects(() => resolveTarget("http://localhost:9/", strict), ForbiddenTarget, "localhost (");
  const { url, address } = await resolveTarget("http://localhost:9/x", open);
  assertEquals([url.host, ["127.0.0.1", "::1"].includes(address)], ["localhost:9", true]);
  await assertRejects(() => resolveTarget("http://no-such-name.invalid/", open), Error, "cannot be resolved");
});
