import { SidecarError } from "../errors.ts";
import { startEmbedded } from "./embedded-opensearch.ts";
import { openSearchDataDir, openSearchPort } from "./opensearch-source.ts";

/** Starts the embedded OpenSearch alone, in the foreground, on OPENSEARCH_PORT (9200). */
async function main(env: NodeJS.ProcessEnv): Promise<number> {
	const report = (line: string) => process.stderr.write(`${line}\n`);
	const openSearch = await startEmbedded({
		env,
		report,
		port: openSearchPort(env),
		dataDir: await openSearchDataDir(env),
	});
	report(`OpenSearch answers at ${openSearch.url}. Ctrl-C ends it.`);
	const asked = new Promise<undefined>((resolve) => {
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
			process.once(signal, () => resolve(undefined));
		}
	});
	const failure = await Promise.race([asked, openSearch.failed]);
	await openSearch.stop();
	if (failure === undefined) return 0;
	report(failure.message);
	return 1;
}

try {
	process.exitCode = await main(process.env);
} catch (error) {
	if (!(error instanceof SidecarError)) throw error;
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
}
