#include "launch/commands/report/page_script.h"

#include <stddef.h>

/* No "less than" in it, so that whoever reads pages as markup meets tags alone. */
static const char *const parts[] = {
    "(function(){'use strict';\n",
    "var all=function(s,e){return Array.prototype.slice.call((e||document).querySelectorAll(s))};\n",
    "var tip=document.createElement('div');tip.className='tip';tip.hidden=true;document.body.appendChild(tip);\n",
    "var numbers=function(t){return t?t.split(' ').map(Number):null};\n",
    "var axis=function(t){var a=numbers(t),l=a[4]?Math.log10:Number,b=l(a[2]),r=l(a[3])-b||1;\n",
    " return function(v){return a[0]+(a[1]-a[0])*(l(v)-b)/r}};\n",
    /* which curves a legend's entry is of: its figure's, or all that have a curve for each configuration */
    "var keysOf=function(li){return li.closest('.all')?all('.all [data-c=\"'+li.dataset.c+'\"]'):[li]};\n",
    "var curvesOf=function(li){var c='[data-c=\"'+li.dataset.c+'\"]';\n",
    " return li.closest('.all')?all('svg.all '+c):all('svg.chart '+c,li.closest('figure,.keyed'))};\n",
    "var nameOf=function(svg,c){var s='.legend [data-c=\"'+c+'\"]',f=svg.closest('.keyed')||svg.closest('figure');\n",
    " var li=svg.classList.contains('all')?document.querySelector('.legend.all [data-c=\"'+c+'\"]'):\n",
    "  f.querySelector(s);return li?li.textContent:''};\n",
    "var curves=function(svg){if(svg.curves)return svg.curves;var u=[],x=axis(svg.dataset.x),y=axis(svg.dataset.y);\n",
    " var read=all('g[data-v]',svg).map(function(g){u=numbers(g.dataset.u)||u;\n",
    "  var v=numbers(g.dataset.v);return{g:g,c:g.dataset.c,u:u,v:v,w:numbers(g.dataset.w),x:u.map(x),y:v.map(y)}});\n",
    " return svg.curves=read};\n",
    "var text=function(v){return String(Number(v.toPrecision(5)))};\n",
    "var row=function(name,value,g){var r=document.createElement('div'),s=document.createElement('span');\n",
    " if(g){var i=document.createElement('i');i.className=g.getAttribute('class');r.appendChild(i)}\n",
    " s.textContent=name;var b=document.createElement('b');b.textContent=value;\n",
    " r.appendChild(s);r.appendChild(b);tip.appendChild(r)};\n",
    "var show=function(e){tip.hidden=false;var w=tip.offsetWidth,h=tip.offsetHeight,d=document.documentElement;\n",
    " tip.style.left=Math.max(4,Math.min(e.clientX+14,d.clientWidth-w-4))+'px';\n",
    " tip.style.top=(e.clientY+h+18>d.clientHeight?Math.max(4,e.clientY-h-10):e.clientY+14)+'px'};\n",
    "var hide=function(){tip.hidden=true;all('path.guide').forEach(function(p){p.remove()})};\n",
    "var over=function(e){var svg=e.currentTarget,box=svg.getBoundingClientRect(),view=svg.viewBox.baseVal;\n",
    " var px=(e.clientX-box.left)*view.width/box.width,py=(e.clientY-box.top)*view.height/box.height,best=null;\n",
    " var near=curves(svg).filter(function(k){return !k.g.classList.contains('off')}).map(function(k){var n=0;\n",
    "  k.x.forEach(function(x,i){if(Math.abs(k.x[n]-px)>Math.abs(x-px))n=i});\n",
    "  var p={k:k,n:n,x:k.x[n],d:Math.abs(k.x[n]-px),y:Math.abs(k.y[n]-py)};\n",
    "  if(!best||best.d>p.d)best=p;return p});\n",
    " hide();tip.textContent='';if(!best||best.d>view.width/4)return;\n",
    " near=near.filter(function(p){return 8>Math.abs(p.x-best.x)}).sort(function(a,b){return a.y-b.y});\n",
    " var more=near.length-10;near=near.slice(0,10).sort(function(a,b){return b.k.v[b.n]-a.k.v[a.n]});\n",
    " row(svg.dataset.n,text(best.k.u[best.n]));\n",
    " near.forEach(function(p){var w=p.k.w?' \\u00b1 '+text(p.k.w[p.n]):'';\n",
    "  row(nameOf(svg,p.k.c),text(p.k.v[p.n])+w,p.k.g)});\n",
    " if(more>0)row('and '+more+' more','');\n",
    " var y=numbers(svg.dataset.y),g=document.createElementNS(svg.namespaceURI,'path');\n",
    " g.setAttribute('class','guide');g.setAttribute('d','M'+best.x+' '+y[1]+'V'+y[0]);svg.appendChild(g);show(e)};\n",
    "all('svg.chart').forEach(function(s){s.addEventListener('pointermove',over);\n",
    " s.addEventListener('pointerleave',hide)});\n",
    "all('svg.heat').forEach(function(s){s.addEventListener('pointermove',function(e){\n",
    " var t=e.target.getAttribute('data-t');hide();if(!t)return;tip.textContent=t;show(e)});\n",
    " s.addEventListener('pointerleave',hide)});\n",
    "all('.legend [data-c]').forEach(function(li){li.classList.add('can');li.tabIndex=0;\n",
    " li.setAttribute('role','switch');li.setAttribute('aria-checked','true');\n",
    " var turn=function(){var off=!li.classList.contains('off');keysOf(li).concat(curvesOf(li)).forEach(\n",
    "  function(x){x.classList.toggle('off',off)});\n",
    "  keysOf(li).forEach(function(x){x.setAttribute('aria-checked',String(!off))})};\n",
    " li.addEventListener('click',turn);li.addEventListener('keydown',function(e){\n",
    "  if(e.key==='Enter'||e.key===' '){e.preventDefault();turn()}})});\n",
    "})();\n",
};

void kith_page_write_script(FILE *out)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        fputs(parts[i], out);
}
