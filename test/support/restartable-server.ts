import { join } from "node:path";
import { Auth, createClient, type KalamDBClient } from "../../src/client/index.ts";
import { loadConfig } from "../../src/config/index.ts";
import { KalamServer } from "../../src/server/server.ts";
import { withFolder } from "./folder.ts";
import { TcpProxy } from "./tcp-proxy.ts";

export const ROOT_PASSWORD = "a-long-enough-secret";

/** A whole server on a folder, behind an address that stays the same when it is stopped and another is started. */
export interface RestartableServer {
  readonly url: string;
  readonly folder: string;
  readonly proxy: TcpProxy;
  /** Root's, past the proxy's troubles: of the server that runs now. */
  root(): KalamDBClient;
  restart(meanwhile?: () => Promise<void>): Promise<void>;
}

export async function withRestartableServer(test: (server: RestartableServer) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const environment = {
      KALAMDB_DATA_DIR: join(folder, "data"),
      KALAMDB_SERVER_PORT: "0",
      KALAMDB_ROOT_PASSWORD: ROOT_PASSWORD,
      KALAMDB_LOG_TO_CONSOLE: "false",
    };
    const start = async (): Promise<KalamServer> => {
      const server = new KalamServer(loadConfig({ file: undefined, environment, flags: {} }));
      await server.start();
      return server;
    };
    const stop = async (server: KalamServer): Promise<void> => {
      await server.drain();
      await server.stop();
    };
    let running = await start();
    const proxy = await TcpProxy.start(running.url);
    try {
      await test({
        url: proxy.url,
        folder,
        proxy,
        root: () => createClient({ url: running.url, auth: Auth.basic("root", ROOT_PASSWORD) }),
        restart: async (meanwhile) => {
          await stop(running);
          await meanwhile?.();
          running = await start();
          proxy.targetPort = Number(new URL(running.url).port);
        },
      });
    } finally {
      await proxy.stop();
      await stop(running);
    }
  });
}
