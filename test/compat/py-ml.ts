import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startEmbedded } from "../../sidecar/dev/embedded-opensearch.ts";
import { fetchMiniLm } from "../../sidecar/dev/model-artifact.ts";
import { userFolders } from "../../sidecar/dev/user-folders.ts";
import { runSidecar } from "../helpers/sidecar-process.ts";

/*
 * Runs opensearch-py-ml's MLCommonClient, as it is published, against a sidecar: `npm run compat:py-ml`. The client is
 * installed into a virtual environment in the cache folder, once. Needs Python 3 with venv and pip.
 */

const client = "opensearch-py-ml==1.3.0";
const report = (line: string) => process.stderr.write(`${line}\n`);
const run = promisify(execFile);

/** @returns the Python of an environment that has the client */
async function environment(): Promise<string> {
	const home = homedir();
	const { cache } = userFolders(process.env, { uid: process.getuid?.(), home });
	const folder = join(cache, client.replaceAll("=", "-"));
	const python = join(folder, "bin", "python");
	const done = join(folder, "installed");
	if (existsSync(done)) return python;
	report(`Installing ${client}`);
	await mkdir(cache, { recursive: true });
	await run("python3", ["-m", "venv", "--clear", folder]);
	await run(python, ["-m", "pip", "install", "--quiet", client]);
	await writeFile(done, "");
	return python;
}

const python = await environment();
const artifact = await fetchMiniLm({ precision: "int8", report });
const folder = await mkdtemp(join(tmpdir(), "sidecar-compat-"));
const data = await mkdtemp(join(tmpdir(), "sidecar-compat-"));
const opensearch = await startEmbedded({
	env: process.env,
	report,
	port: 0,
	dataDir: data,
});
const sidecar = await runSidecar({
	OPENSEARCH_URL: opensearch.url,
	SIDECAR_CACHE_DIR: join(folder, "cache"),
});
try {
	const configuration = join(folder, "config.json");
	await writeFile(
		configuration,
		JSON.stringify({
			name: "all-MiniLM-L6-v2",
			version: "1.0.0",
			description: "a sentence embedding model",
			model_format: "ONNX",
			model_config: {
				model_type: "bert",
				embedding_dimension: 384,
				framework_type: "sentence_transformers",
				pooling_mode: "MEAN",
				normalize_result: true,
			},
		}),
	);
	const program = join(import.meta.dirname, "py_ml_client.py");
	const child = spawn(
		python,
		[program, await sidecar.address, artifact.zipPath, configuration],
		{ stdio: "inherit" },
	);
	const [code] = await once(child, "close");
	process.exitCode = code;
} finally {
	sidecar.child.kill("SIGTERM");
	await sidecar.closed;
	await opensearch.stop();
	for (const path of [folder, data])
		await rm(path, { recursive: true, force: true });
}
