import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { recipePoms } from "./assembly-poms.ts";
import {
	moduleDescriptor,
	type Plugin,
	pluginDescriptor,
	type Recipe,
} from "./assembly-recipe.ts";
import { cached, cacheEntry } from "./cache-entry.ts";
import { type MavenOptions, runMaven } from "./maven.ts";

export interface AssemblyOptions extends MavenOptions {
	/** The cache folder. */
	cache: string;
	/** Gets a line for whoever waits. */
	report: (line: string) => void;
}

/** OpenSearch makes these in its home if they are missing, and may not write there. */
const emptyFolders = ["bin", "extensions"];

/** A name for what the recipe makes, other whenever anything in it is other. */
export function recipeKey(recipe: Recipe): string {
	const hash = createHash("sha256").update(emptyFolders.join());
	for (const [path, text] of recipePoms(recipe)) hash.update(path).update(text);
	for (const module of recipe.modules) {
		hash.update(moduleDescriptor(module, recipe));
	}
	for (const { folder, extendedPlugins } of recipe.plugins) {
		if (extendedPlugins) hash.update(folder).update(extendedPlugins.join());
	}
	return `${recipe.name}-${recipe.version}-${hash.digest("hex").slice(0, 12)}`;
}

async function amendDescriptor(home: string, plugin: Plugin): Promise<void> {
	const file = join(
		home,
		"plugins",
		plugin.folder,
		"plugin-descriptor.properties",
	);
	await writeFile(file, pluginDescriptor(plugin, await readFile(file, "utf8")));
}

/** OpenSearch refuses to load a module with a jar that `lib` has too. */
async function dropSharedJars(home: string, recipe: Recipe): Promise<void> {
	const shared = new Set(await readdir(join(home, "lib")));
	for (const { folder } of recipe.modules) {
		const path = join(home, "modules", folder);
		for (const jar of await readdir(path)) {
			if (shared.has(jar)) await rm(join(path, jar));
		}
	}
}

/** Whether the cache has what `recipe` describes, so that Maven is not needed. */
export async function isAssembled(
	recipe: Recipe,
	cache: string,
): Promise<boolean> {
	return await cached(join(cache, recipeKey(recipe)));
}

/**
 * The OpenSearch home that `recipe` describes, out of Maven artifacts: taken from the cache, or made there.
 * @returns the home's folder, which nothing writes to afterwards
 * @throws SidecarError `upstream_unavailable` if Maven is missing or fails
 */
export async function assemble(
	recipe: Recipe,
	options: AssemblyOptions,
): Promise<string> {
	const { report } = options;
	const path = join(options.cache, recipeKey(recipe));
	const make = async (temporary: string) => {
		report(
			`Assembling OpenSearch ${recipe.version} from Maven artifacts, once: half a minute, or more on a slow line…`,
		);
		const started = performance.now();
		await runMaven(temporary, recipePoms(recipe), options);
		const home = join(temporary, "home");
		for (const folder of emptyFolders) await mkdir(join(home, folder));
		await dropSharedJars(home, recipe);
		for (const module of recipe.modules) {
			await writeFile(
				join(home, "modules", module.folder, "plugin-descriptor.properties"),
				moduleDescriptor(module, recipe),
			);
		}
		for (const plugin of recipe.plugins) await amendDescriptor(home, plugin);
		const seconds = Math.round((performance.now() - started) / 1000);
		report(`OpenSearch ${recipe.version} assembled in ${seconds} s.`);
		return home;
	};
	return await cacheEntry(path, make, () =>
		report("Another start is assembling OpenSearch; waiting for it…"),
	);
}
