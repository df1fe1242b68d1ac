import { expect } from "chai";
import fc from "fast-check";
import { ResponseReader } from "../../../bench/load/response-reader.ts";

const body = '{"status":"success","text":"ü"}';
const sized = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);
const chunked = Buffer.from(
  `HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n\r\n${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`,
);

describe("the load generator's reader of answers", () => {
  for (const [name, bytes, status] of [
    ["content-length", sized, 200],
    ["chunks", chunked, 400],
  ] as const) {
    it(`finds the end of an answer with ${name}, however it is cut`, () => {
      fc.assert(
        fc.property(fc.array(fc.nat(bytes.length - 1), { maxLength: 6 }), (cuts) => {
          const reader = new ResponseReader();
          const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
          const answers = edges.slice(1).map((end, index) => reader.push(bytes.subarray(edges[index], end)));
          expect(answers.slice(0, -1).filter((answer) => answer !== undefined)).to.deep.equal([]);
          const last = answers.at(-1);
          expect(last?.status).to.equal(status);
          expect(last?.body.toString("utf8")).to.include(body);
        }),
      );
    });
  }

  it("reads one answer after another", () => {
    const reader = new ResponseReader();
    for (const bytes of [sized, chunked, sized]) expect(reader.push(bytes)).not.to.equal(undefined);
  });
});
