import { loadSettings } from "../config.ts";
import { SidecarError } from "../errors.ts";
import { complaint, readCommandLine } from "./command-line.ts";
import { hitsTable } from "./hits-table.ts";
import { quickStartName, readMeta } from "./quick-start-index.ts";
import { searchNouns } from "./quick-start-search.ts";
import { SidecarClient } from "./sidecar-client.ts";
import { clientUrl } from "./sidecar-process.ts";

const usage = `Searches the quick start's nouns by what they mean.

  npm run search -- "a text that says what you mean"

  --help                       this text
  SIDECAR_HOST, SIDECAR_PORT   where the sidecar listens (127.0.0.1, 9400)
  DEBUG=1                      errors with everything about them
`;

async function search(argv: string[], env: NodeJS.ProcessEnv): Promise<string> {
	const { values, positionals } = readCommandLine({
		args: argv,
		allowPositionals: true,
		options: { help: { type: "boolean", default: false } },
	});
	const text = positionals.join(" ").trim();
	if (values.help) return usage;
	if (!text) {
		throw new SidecarError(
			"bad_request",
			'what shall be searched? npm run search -- "a hot drink made from beans"',
		);
	}
	const { SIDECAR_HOST, SIDECAR_PORT } = loadSettings(env);
	const client = new SidecarClient(
		clientUrl({ host: SIDECAR_HOST, port: SIDECAR_PORT }),
	);
	try {
		const meta = await readMeta(client);
		if (!meta) {
			throw new SidecarError(
				"not_found",
				`there is no index "${quickStartName}" at ${client.url}: "npm start" makes it`,
			);
		}
		const hits = await searchNouns(client, { text, modelId: meta.model_id });
		if (hits.length === 0) return "Nothing found.\n";
		return `${hitsTable(hits, process.stdout.columns ?? 100)}\n`;
	} catch (error) {
		if (
			!(error instanceof SidecarError) ||
			error.code !== "upstream_unavailable"
		) {
			throw error;
		}
		throw new SidecarError(
			"upstream_unavailable",
			`no sidecar answers at ${client.url}: "npm start" starts one, SIDECAR_HOST and SIDECAR_PORT say where it is`,
			{ cause: error },
		);
	} finally {
		await client.close();
	}
}

try {
	process.stdout.write(await search(process.argv.slice(2), process.env));
} catch (error) {
	process.stderr.write(complaint(error, process.env));
	process.exitCode = 1;
}
