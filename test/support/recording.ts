/** Follows which methods of an object, and of the objects in it, are called. */

/** The names of all methods, such as `models.versions.list`; those of classes in it are left out. */
export function methodsOf(object: object, path = ''): string[] {
  const inherited = path === '' ? Object.getOwnPropertyNames(Object.getPrototypeOf(object)) : []
  const keys = [...Object.keys(object), ...inherited.filter((key) => key !== 'constructor')]
  return keys.flatMap((key) => {
    const value: unknown = Reflect.get(object, key)
    if (typeof value === 'function') return [path + key]
    return typeof value === 'object' && value !== null ? methodsOf(value, `${path}${key}.`) : []
  })
}

/** The same object, which notes down the names of the methods that are called. */
export function recording<Target extends object>(target: Target, called: Set<string>, path = ''): Target {
  return new Proxy(target, {
    get(_target, key) {
      const value: unknown = Reflect.get(target, key)
      const name = path + String(key)
      if (typeof value === 'object' && value !== null) return recording(value, called, `${name}.`)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        called.add(name)
        return Reflect.apply(value, target, args)
      }
    },
  })
}
