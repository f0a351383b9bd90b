/** Elements whose texts are set as texts: what others wrote never becomes markup. */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`There is no element ${id}`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {...(string | Node)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function makeSvg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * The three elements that an element consists of, or the first of them.
 *
 * @param {Element} element
 */
export function childrenOf(element) {
  return /** @type {[Element, Element, Element]} */ ([...element.children]);
}

/**
 * Sets a text only if it changes, so that nothing is laid out again without need.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {Element} element
 * @param {string} className
 */
export function setClass(element, className) {
  if (element.className !== className) element.className = className;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * @param {string} label
 * @param {() => void} press
 */
export function makeButton(label, press) {
  const button = make("button", "", label);
  button.type = "button";
  button.addEventListener("click", press);
  return button;
}

/**
 * Keeps the children of an element equal in number to some values, and updates each.
 *
 * @template Value
 * @template {Element} Child
 * @param {Element} parent
 * @param {readonly Value[]} values
 * @param {() => Child} create
 * @param {(child: Child, value: Value) => void} update
 */
export function keepChildren(parent, values, create, update) {
  while (parent.children.length > values.length) parent.lastElementChild?.remove();
  values.forEach((value, i) => {
    const child = /** @type {Child | undefined} */ (parent.children[i]) ??
      parent.appendChild(create());
    update(child, value);
  });
}
