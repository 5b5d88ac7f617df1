import { createUnplugin, type UnpluginInstance } from 'unplugin';
import { transformAwaits } from './transformAwaits.js';

/** What the plugin for bundlers leaves to defaults. */
export interface AwaitOptions {
  /**
   * The modules to be rewritten, by their ids. Default: scripts and the components of Svelte and Vue, outside of
   * `node_modules`.
   */
  readonly include?: RegExp | RegExp[];
  /** The modules that are left as they are. Default: those in `node_modules`. */
  readonly exclude?: RegExp | RegExp[];
}

/** What Vite adds, while it serves, to the ids of workers that are no modules. */
const CLASSIC_WORKER = /[?&]worker_file&type=(?:classic|ignore)(?:&|$)/;

const unplugin: UnpluginInstance<AwaitOptions | undefined, false> =
  createUnplugin((options = {}) => ({
    name: 'tauri-plugin-opentelemetry',
    // JSX and types are gone by then.
    enforce: 'post',
    transform: {
      filter: {
        id: {
          include: options.include ?? /\.(?:[cm]?[jt]sx?|svelte|vue)(?:$|\?)/,
          exclude: options.exclude ?? /[\\/]node_modules[\\/]/,
        },
        code: /\bawait\b/,
      },
      handler(code, id) {
        // An import would be an error there.
        if (CLASSIC_WORKER.test(id)) return undefined;
        try {
          return transformAwaits(code, id);
        } catch (error) {
          // A style sheet of a component, or TypeScript that nothing has compiled before.
          this.warn(
            `opentelemetry: ${id} is left as it is, because it is no JavaScript here: ${String(error)}`,
          );
          return undefined;
        }
      },
    },
    // Whatever else it matched would not reach the plugins behind it, which may know how to load that.
    esbuild: { onLoadFilter: /\.[cm]?js$/ },
  }));

/**
 * Makes the active span last across `await`: a plugin for Vite that rewrites the asynchronous functions of the app. For
 * other bundlers there are {@link rollup}, {@link rolldown}, {@link webpack}, {@link rspack} and {@link esbuild}.
 *
 * @example
 * ```ts
 * import opentelemetry from 'tauri-plugin-opentelemetry-api/vite';
 * import { defineConfig } from 'vite';
 *
 * export default defineConfig({ plugins: [opentelemetry()] });
 * ```
 */
const vite: (typeof unplugin)['vite'] = unplugin.vite;
export default vite;

/** The plugin for Rollup. */
export const rollup: (typeof unplugin)['rollup'] = unplugin.rollup;
/** The plugin for Rolldown. */
export const rolldown: (typeof unplugin)['rolldown'] = unplugin.rolldown;
/** The plugin for webpack. */
export const webpack: (typeof unplugin)['webpack'] = unplugin.webpack;
/** The plugin for Rspack. */
export const rspack: (typeof unplugin)['rspack'] = unplugin.rspack;
/** The plugin for esbuild. It gets modules as they are on disk, so it rewrites JavaScript only. */
export const esbuild: (typeof unplugin)['esbuild'] = unplugin.esbuild;
