import { expect } from "chai";
import fc from "fast-check";
import type { Manifest, Segment, SegmentColumn } from "../../../src/engine/cold/manifest.ts";
import { decodeManifest, encodeManifest } from "../../../src/engine/cold/manifest-json.ts";
import { KalamError } from "../../../src/errors/index.ts";
import { typedValue } from "../types/value-arbitraries.ts";

const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const seq = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const key = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const name = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });

/** Columns with stats of their types, and the segments of one layout. */
const layout = fc
  .array(fc.record({ typed: typedValue, name, nulls: whole, allNull: fc.boolean(), counted: fc.boolean() }), {
    maxLength: 6,
  })
  .chain((columns) =>
    fc.record({
      columns: fc.constant(
        columns.map(({ typed, name }, index): SegmentColumn => ({ id: index + 1, name, type: typed.type })),
      ),
      segments: fc.array(
        fc.record({
          path: name,
          minSeq: seq,
          maxSeq: seq,
          rowCount: whole,
          deletedCount: whole,
          hides: fc.boolean(),
          sizeBytes: whole,
          createdAt: whole,
          firstKey: key,
          lastKey: key,
          columnStats: fc.constant(
            new Map(
              columns.flatMap(({ typed, nulls, allNull, counted }, index) =>
                counted
                  ? [
                      [
                        index + 1,
                        { min: allNull ? null : typed.value, max: allNull ? null : typed.other, nullCount: nulls },
                      ] as const,
                    ]
                  : [],
              ),
            ),
          ),
        }),
        { maxLength: 3 },
      ),
    }),
  );

const manifest: fc.Arbitrary<Manifest> = fc
  .record({
    tableId: whole,
    user: fc.string({ unit: "binary", maxLength: 20 }),
    version: whole,
    storageId: name,
    folder: name,
    nextSegment: whole,
    createdAt: whole,
    updatedAt: whole,
    layouts: fc.dictionary(fc.nat().map(String), layout, { maxKeys: 3 }),
  })
  .map(({ layouts, ...rest }) => {
    const versions = Object.entries(layouts);
    return {
      ...rest,
      layouts: new Map(versions.map(([version, { columns }]) => [Number(version), columns])),
      segments: versions.flatMap(([version, { segments }]) =>
        segments.map((segment): Segment => ({ ...segment, schemaVersion: Number(version) })),
      ),
    };
  });

const EXAMPLE: Manifest = {
  tableId: 7,
  user: "alice",
  version: 3,
  storageId: "local",
  folder: "app/messages/alice",
  nextSegment: 4,
  createdAt: 1_767_225_600_000,
  updatedAt: 1_767_225_700_000,
  layouts: new Map([[2, [{ id: 1, name: "id", type: { kind: "bigint" } }]]]),
  segments: [
    {
      path: "batch-3.parquet",
      schemaVersion: 2,
      minSeq: 9_007_199_254_740_993n,
      maxSeq: 9_007_199_254_740_999n,
      rowCount: 9,
      deletedCount: 1,
      hides: true,
      sizeBytes: 1234,
      createdAt: 1_767_225_700_000,
      firstKey: "\u0080\u0000",
      lastKey: "\u0080\u00ff",
      columnStats: new Map([[1, { min: 1n, max: 9n, nullCount: 0 }]]),
    },
  ],
};

describe("manifest as JSON", () => {
  it("reads back as what was written", () => {
    fc.assert(
      fc.property(manifest, (value) => {
        expect(decodeManifest(encodeManifest(value, "app.messages"))).to.deep.equal(value);
      }),
    );
  });

  it("is a document that people and tools can read", () => {
    expect(JSON.parse(encodeManifest(EXAMPLE, "app.messages").toString())).to.deep.equal({
      format: 1,
      table_id: "app.messages",
      table_number: 7,
      user_id: "alice",
      version: 3,
      storage_id: "local",
      folder: "app/messages/alice",
      next_segment: 4,
      created_at: 1_767_225_600_000,
      updated_at: 1_767_225_700_000,
      layouts: { 2: [{ id: 1, name: "id", type: { kind: "bigint" } }] },
      segments: [
        {
          path: "batch-3.parquet",
          schema_version: 2,
          min_seq: "9007199254740993",
          max_seq: "9007199254740999",
          row_count: 9,
          deleted_count: 1,
          hides: true,
          size_bytes: 1234,
          created_at: 1_767_225_700_000,
          first_key: "gAA=",
          last_key: "gP8=",
          column_stats: { 1: { min: "1", max: "9", null_count: 0 } },
        },
      ],
    });
    const shared = JSON.parse(encodeManifest({ ...EXAMPLE, user: "" }, "app.messages").toString());
    expect(shared.user_id).to.equal(null);
  });

  it("refuses a document of which anything is missing, unknown or of another form, and says where", () => {
    const good = JSON.parse(encodeManifest(EXAMPLE, "app.messages").toString());
    const wrong: [change: (document: Record<string, unknown>) => void, told: string][] = [
      [(document) => delete document.segments, "segments"],
      [(document) => Object.assign(document, { surprise: 1 }), "surprise"],
      [(document) => Object.assign(document, { format: 2 }), "format"],
      [(document) => Object.assign(document, { version: -1 }), "version"],
      [(document) => Object.assign(document, { version: "3" }), "version"],
      [(document) => Object.assign(document, { user_id: "" }), "user_id"],
      [(document) => Object.assign(document, { layouts: {} }), "batch-3.parquet has no layout"],
      [(document) => Object.assign(document, { layouts: { x: [] } }), "layouts"],
      [(document) => segment(document, { min_seq: 5 }), "segments.0.min_seq"],
      [(document) => segment(document, { min_seq: "5.0" }), "segments.0.min_seq"],
      [(document) => segment(document, { first_key: "*" }), "segments.0.first_key"],
      [(document) => segment(document, { path: "" }), "segments.0.path"],
      [
        (document) => segment(document, { column_stats: { 1: { min: 1, max: 2, null_count: 0 } } }),
        "bounds of column 1",
      ],
      [
        (document) => segment(document, { column_stats: { 2: { min: "1", max: "2", null_count: 0 } } }),
        "bounds of column 2",
      ],
      [(document) => segment(document, { column_stats: { 1: { min: "1" } } }), "segments.0.column_stats.1.max"],
    ];
    for (const [change, told] of wrong) {
      const document = structuredClone(good);
      change(document);
      expectCorrupt(Buffer.from(JSON.stringify(document)), told);
    }
    for (const text of ["", "[]", "null", "{", "\uFFFF"]) expectCorrupt(Buffer.from(text), "app/manifest.json");
    expectCorrupt(Buffer.of(0x22, 0xff, 0x22), "no JSON");
  });
});

function segment(document: Record<string, unknown>, change: Record<string, unknown>): void {
  Object.assign((document.segments as Record<string, unknown>[])[0] ?? {}, change);
}

function expectCorrupt(bytes: Buffer, told: string): void {
  expect(() => decodeManifest(bytes, "app/manifest.json"))
    .to.throw(KalamError, told)
    .with.property("key", "data_corrupt");
}
