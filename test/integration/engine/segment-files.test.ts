import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { open } from "../../../src/index.ts";
import { flushAll } from "../../support/cold.ts";
import { withFolder } from "../../support/folder.ts";

describe("the files of segments", () => {
  it("are read by other tools, and manifest.json says what is in them", () =>
    withFolder(async (dataDir) => {
      const db = await open({ dataDir });
      await db.query("CREATE NAMESPACE app");
      await db.query(
        "CREATE SHARED TABLE app.notes (id INT PRIMARY KEY, body TEXT, price DECIMAL(10, 2), at TIMESTAMP)",
      );
      await db.query(
        "INSERT INTO app.notes VALUES (2, 'zwei', 2.50, '2026-01-02 03:04:05.678901'), (1, NULL, 1, NULL)",
      );
      await db.query("DELETE FROM app.notes WHERE id = 1");
      await flushAll(db);
      const folder = join(dataDir, "storage", "app", "notes");
      const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
      expect(manifest).to.include({ table_id: "app.notes", user_id: null, version: 1 });
      expect(manifest.segments).to.have.length(1);
      const [segment] = manifest.segments;
      expect(segment).to.include({ path: "batch-0.parquet", row_count: 2, deleted_count: 1 });
      const bytes = await readFile(join(folder, segment.path));
      const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
      const rows = await parquetReadObjects({ file, compressors });
      expect(rows.map(({ id, body, price, _deleted }) => ({ id, body, price, _deleted }))).to.deep.equal([
        { id: 1, body: null, price: null, _deleted: true },
        { id: 2, body: "zwei", price: 2.5, _deleted: false },
      ]);
      expect(rows[1]?.at).to.deep.equal(new Date("2026-01-02T03:04:05.678Z"));
      expect(String(rows[0]?._seq)).to.equal(segment.max_seq);
      await db.close();
    }));
});
